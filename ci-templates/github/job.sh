# shellcheck shell=bash
# What every script of the actions begins with: where the tools are, and how to run one.
set -euo pipefail
PATH="$(realpath -m "${TOOLS:-.trainyard/bin}"):$PATH"
mkdir -p out

# quietly COMMAND...: runs it while the runner takes no line for a command. Cells, columns and names of
# the data are in what tools print; both streams go the same way, so that none overtakes the end.
quiet="trainyard-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
quietly() {
  local code=0
  echo "::stop-commands::$quiet"
  "$@" 2>&1 || code=$?
  printf '\n::%s::\n' "$quiet"
  return "$code"
}

# settle TOOL CODE: ends the step with the tool's exit code; a warning may be let pass.
settle() {
  if [ "$2" = 4 ] && [ "${ON_WARNING:-block}" = warn ]; then
    echo "::warning title=$1::a warning, or too little evidence to decide; see the report"
    exit 0
  fi
  exit "$2"
}

# refuse TEXT: ends the step because of what it was given.
refuse() {
  echo "error: $1" >&2
  exit 2
}

# summarise FILE...: appends files to the job's summary, each as long as all stay well below the 1 MiB
# near which GitHub drops a summary without a word.
summarise() {
  local file
  for file in "$@"; do
    if [ ! -f "$file" ]; then continue; fi
    if [ "$(($(wc -c < "$GITHUB_STEP_SUMMARY") + $(wc -c < "$file")))" -lt 900000 ]; then
      { cat "$file" && echo; } >> "$GITHUB_STEP_SUMMARY"
    else
      echo "Too long for a summary: ${file##*/}, among the artifacts." >> "$GITHUB_STEP_SUMMARY"
    fi
  done
}

# tell ARTIFACT...: what was found, in the summary and in ten annotations at most.
tell() {
  local commands code=0
  commands="$(mktemp)"
  echo "::stop-commands::$quiet"
  forge-report --title "${NAME:-Model pipeline}" --format github "$@" > "$commands" || code=$?
  printf '\n::%s::\n' "$quiet"
  # The tool escapes what came from data: these lines are its own commands.
  cat "$commands"
  rm -f "$commands"
  return "$code"
}

# package_of NAME@VERSION|FILE ARCHIVE: the file, after it was fetched from the repository's releases if
# it is the name of one. Sets `found`.
package_of() {
  found=$1
  case "$found" in
    *@*)
      rm -f "$2"
      quietly fetch-package "$found" --target github: --archive "$2"
      # shellcheck disable=SC2034 # for the caller
      found=$2
      ;;
  esac
}
