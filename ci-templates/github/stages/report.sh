#!/usr/bin/env bash
# One comment in the pull request, kept up to date.
# shellcheck source-path=SCRIPTDIR source=../job.sh
. "$(dirname "$0")/../job.sh"

# What a fork's run left may be anything: taken are plain files of known names and a bounded length, not
# links, which could name a file of this machine. The tool holds them to their schema, shows what they
# say as text, and acts on none of it.
taken="$(mktemp -d)"
set --
for name in gate evaluation data-report drift-report smoke-report publish-receipt; do
  file="$FOLDER/$name.json"
  if [ -f "$file" ] && [ ! -L "$file" ] && [ "$(wc -c < "$file")" -le 16777216 ]; then
    cp -- "$file" "$taken/$name.json"
    set -- "$@" "$taken/$name.json"
  fi
done
if [ "$#" = 0 ]; then
  echo "::notice title=report::no artifact was left that a report could show"
  exit 0
fi
quietly forge-report --id "$NAME" --title "${TITLE:-$NAME}" --comment "$@"
