#!/usr/bin/env bash
# Does what is deployed answer as what was judged?
# shellcheck source-path=SCRIPTDIR source=../job.sh
. "$(dirname "$0")/../job.sh"

rm -f out/smoke-report.json
code=0
quietly smoke-test --url "${URL:-http://$LISTEN}" --package "$PACKAGE" --config "$CONFIG" \
  --out out/smoke-report.json --measurement out/smoke-measurement.json || code=$?
if [ -f out/smoke-report.json ]; then tell out/smoke-report.json; fi
exit "$code"
