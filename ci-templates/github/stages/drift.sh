#!/usr/bin/env bash
# Did the world change since the deployed model was trained?
# shellcheck source-path=SCRIPTDIR source=../job.sh
. "$(dirname "$0")/../job.sh"

rm -f out/drift-report.json
package_of "$DEPLOYED" out/deployed.tar.gz
code=0
quietly drift-check --package "$found" --data "$FRESH" --config "$CONFIGS/drift.yaml" \
  --out out/drift-report.json || code=$?
rm -f out/deployed.tar.gz
verdict=none
if [ -f out/drift-report.json ]; then
  tell out/drift-report.json
  case "$code" in
    0) verdict=pass ;;
    1) verdict=fail ;;
    *) verdict=warning ;;
  esac
fi
echo "drift=$verdict" >> "$GITHUB_OUTPUT"
settle drift-check "$code"
