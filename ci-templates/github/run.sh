#!/usr/bin/env bash
# Runs one tool for a composite action: `run.sh TOOL`, with its arguments in ARGUMENTS, one a line. No
# shell reads them, and what the tool prints cannot be taken for a command to the runner.
set -euo pipefail

tool=$1
arguments=()
while IFS= read -r line || [ -n "$line" ]; do
  # Indentation and empty lines are YAML's, not the argument's.
  line="${line#"${line%%[![:space:]]*}"}"
  line="${line%"${line##*[![:space:]]}"}"
  if [ -n "$line" ]; then arguments+=("$line"); fi
done <<< "${ARGUMENTS:-}"

PATH="$(realpath -m "${TOOLS:-.trainyard/bin}"):$PATH"
mkdir -p out
quiet="trainyard-$RANDOM$RANDOM$RANDOM"
echo "::stop-commands::$quiet"
code=0
"$tool" ${arguments[@]+"${arguments[@]}"} || code=$?
echo "::$quiet::"
echo "exit-code=$code" >> "$GITHUB_OUTPUT"

if [ "$code" = 4 ] && [ "${ON_WARNING:-block}" = warn ]; then
  echo "::warning title=$tool::a warning, or too little evidence to decide; see the report"
  code=0
fi
exit "$code"
