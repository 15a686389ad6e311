#!/usr/bin/env bash
# Runs one tool for a composite action: `run.sh TOOL`, with its arguments in ARGUMENTS, one a line. No
# shell reads them, and what the tool prints cannot be taken for a command to the runner.
# shellcheck source-path=SCRIPTDIR source=job.sh
. "$(dirname "$0")/job.sh"

tool=$1
arguments=()
while IFS= read -r line || [ -n "$line" ]; do
  # Indentation and empty lines are YAML's, not the argument's.
  line="${line#"${line%%[![:space:]]*}"}"
  line="${line%"${line##*[![:space:]]}"}"
  if [ -n "$line" ]; then arguments+=("$line"); fi
done <<< "${ARGUMENTS:-}"

code=0
case " ${arguments[*]-} " in
  *" --format github "*)
    # What was asked for are workflow commands, which the tools escape.
    commands="$(mktemp)"
    echo "::stop-commands::$quiet"
    "$tool" "${arguments[@]}" > "$commands" || code=$?
    printf '\n::%s::\n' "$quiet"
    cat "$commands"
    rm -f "$commands"
    ;;
  *) quietly "$tool" ${arguments[@]+"${arguments[@]}"} || code=$? ;;
esac
echo "exit-code=$code" >> "$GITHUB_OUTPUT"
settle "$tool" "$code"
