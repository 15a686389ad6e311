#!/usr/bin/env bash
# Trainings side by side, by their cross-validation on the training rows: nobody has looked at the
# holdout, so that the one that is chosen from this table is judged there for the first time.
# shellcheck source-path=SCRIPTDIR source=../job.sh
. "$(dirname "$0")/../job.sh"

shopt -s nullglob
runs=("$FOLDER"/*/run.json)
if [ "${#runs[@]}" = 0 ]; then refuse "no training left its \`run.json\` in \`$FOLDER\`"; fi
table="$(mktemp)"
{
  echo "### $NAME: cross-validation of ${#runs[@]} trainings"
  echo
  echo "| configuration | algorithm | metric | mean | standard deviation | folds |"
  echo "|---|---|---|--:|--:|--:|"
} > "$table"
for run in "${runs[@]}"; do
  if ! jq -r -f "$(dirname "$0")/sweep.jq" "$run" >> "$table"; then
    refuse "a training was not cross-validated; give each configuration \`cross_validation: {folds: 5}\`"
  fi
done
summarise "$table"
quietly cat "$table"
