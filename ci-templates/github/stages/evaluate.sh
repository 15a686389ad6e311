#!/usr/bin/env bash
# The gate. Report and card are written whatever the verdict is: a reviewer needs them most when it is
# no. The step ends with the gate's exit code.
# shellcheck source-path=SCRIPTDIR source=../job.sh
. "$(dirname "$0")/../job.sh"

rm -f out/model_card.md
set -- --model out/model --holdout out/holdout.csv --config "$CONFIGS/gate.yaml" --out out
if [ -n "$CHAMPION" ]; then
  package_of "$CHAMPION" out/champion.tar.gz
  set -- "$@" --champion "$found"
fi
if [ -n "$FIRST_MODEL" ]; then set -- "$@" --first-model "$FIRST_MODEL"; fi
if [ -n "$RELEASE_CHAMPION" ]; then
  package_of "$RELEASE_CHAMPION" out/release-champion.tar.gz
  set -- "$@" --release-champion "$found"
fi
if [ -n "$FIRST_RELEASE" ]; then set -- "$@" --first-release "$FIRST_RELEASE"; fi
if [ -n "$OVERRIDES" ]; then set -- "$@" --overrides-file "$OVERRIDES"; fi
case "$LEDGER" in
  no) ;;
  read | record)
    # shellcheck source-path=SCRIPTDIR source=../ledger.sh
    . "$(dirname "$0")/../ledger.sh"
    ;;
  *) refuse "the input \`ledger\` is no, read or record" ;;
esac

# judge ARGUMENT...: the gate, on the ledger as it is now. Sets `verdict`.
judge() {
  rm -f out/gate.json out/gate.annotations.txt out/report.md
  if [ "$LEDGER" != no ]; then
    read_ledger out/ledger.json
    if [ -f out/ledger.json ]; then
      set -- "$@" --ledger out/ledger.json
    else
      set -- "$@" --new-ledger "No look is recorded at $ledger_ref"
    fi
    if [ "$LEDGER" = record ]; then set -- "$@" --ledger-out out/ledger.json; fi
  fi
  verdict=0
  quietly eval-gate "$@" || verdict=$?
}

judge "$@"
# Another job may have recorded a look meanwhile: then this one is judged and recorded after it.
if [ "$LEDGER" = record ] && [ -f out/gate.json ]; then
  tries=1
  until write_ledger out/ledger.json; do
    if [ "$tries" = 5 ]; then
      echo "error: the look was not recorded at $ledger_ref" >&2
      echo "hint: the job needs contents: write; where other jobs were faster, run this one again" >&2
      exit 3
    fi
    tries=$((tries + 1))
    judge "$@"
  done
fi
rm -f out/champion.tar.gz out/release-champion.tar.gz
if [ -f out/gate.json ]; then
  set -- --model out/model --evaluation out/evaluation.json --gate out/gate.json
  if [ -f out/data-report.json ]; then set -- "$@" --data-report out/data-report.json; fi
  # A training of one's own need not say how it split.
  if [ -f out/split.json ]; then set -- "$@" --split out/split.json; fi
  if [ -f out/explanation.json ]; then set -- "$@" --explanation out/explanation.json; fi
  quietly model-card "$@" --config "$CONFIGS/card.yaml" --out out/model_card.md
  summarise out/report.md out/model_card.md
  # Ten workflow commands at most, escaped by the gate.
  if [ -f out/gate.annotations.txt ]; then cat out/gate.annotations.txt; fi
fi
settle eval-gate "$verdict"
