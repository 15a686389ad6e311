#!/usr/bin/env bash
# Gives the champion's name to the version that was released, deployed and smoke-tested.
# shellcheck source-path=SCRIPTDIR source=../job.sh
. "$(dirname "$0")/../job.sh"

quietly promote-model "$NAME@$VERSION" --target github: --smoke-report out/smoke-report.json \
  --out out/alias-move.json
tell out/alias-move.json
