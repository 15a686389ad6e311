#!/usr/bin/env bash
# Is the table fit to train on?
# shellcheck source-path=SCRIPTDIR source=../job.sh
. "$(dirname "$0")/../job.sh"

rm -f out/data-report.json
code=0
quietly data-check --data "$DATA" --config "$CONFIGS/data.yaml" --out out/data-report.json || code=$?
if [ -f out/data-report.json ]; then tell out/data-report.json; fi
settle data-check "$code"
