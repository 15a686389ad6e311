#!/usr/bin/env bash
# Starts the workflow that trains again, where the drift report asks for it: once a day at most.
# shellcheck source-path=SCRIPTDIR source=../job.sh
. "$(dirname "$0")/../job.sh"

quietly forge-report retrain out/drift-report.json --name "$NAME" --workflow "$WORKFLOW"
