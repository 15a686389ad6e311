#!/usr/bin/env bash
# Every configuration is read as its stage will read it: a misspelt key is told before anything is
# trained. Then the project's own tests run.
# shellcheck source-path=SCRIPTDIR source=../job.sh
. "$(dirname "$0")/../job.sh"

if [ -f "$CONFIGS/train.yaml" ]; then
  quietly train --print-plan --data "$DATA" --config "$CONFIGS/train.yaml" --model out/model
fi
quietly eval-gate --print-plan --model out/model --holdout out/holdout.csv --config "$CONFIGS/gate.yaml" \
  --first-model 'only the configuration is read' --out out
quietly model-card --print-plan --model out/model --data-report out/data-report.json --split out/split.json \
  --evaluation out/evaluation.json --gate out/gate.json --config "$CONFIGS/card.yaml" --out out/model_card.md
quietly smoke-test --print-plan --url http://127.0.0.1:9 --package out/model --config "$CONFIGS/smoke.yaml" \
  --out out/smoke-report.json
if [ -n "$UNIT_SCRIPT" ]; then bash -- "$UNIT_SCRIPT"; fi
