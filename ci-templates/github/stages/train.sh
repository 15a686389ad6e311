#!/usr/bin/env bash
# Fits the model of this commit, or lets a script of the project do it. What it leaves is the contract:
# out/model/ and out/holdout.csv.
# shellcheck source-path=SCRIPTDIR source=../job.sh
. "$(dirname "$0")/../job.sh"

if [ -n "$TRAIN_SCRIPT" ]; then
  rm -rf out/model out/holdout.csv out/split.json out/parity.json out/explanation.json
  quietly bash -- "$TRAIN_SCRIPT"
  for left in out/model/model.onnx out/model/signature.json out/holdout.csv; do
    if [ ! -f "$left" ]; then
      refuse "the training script left no \`$left\`; \`train adopt\` makes a model folder of an ONNX file"
    fi
  done
else
  quietly train --data "$DATA" --config "${TRAIN_CONFIG:-$CONFIGS/train.yaml}" \
    --model out/model --holdout out/holdout.csv --split out/split.json --parity out/parity.json --explanation out/explanation.json \
    --commit "$GITHUB_SHA"
fi
