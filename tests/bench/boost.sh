#!/usr/bin/env bash
# The boosting engine against LightGBM and XGBoost: what a fit costs, how good its models are, and which
# bounds hold. Prints tables in Markdown, draws target/bench/boost-scaling.svg, ends with 1 if a bound is
# missed.
#
#   tests/bench/boost.sh [short] [cost|quality]
#
# short: fewer rounds, repetitions and tables, for a look; in full it takes about an hour. Wall seconds
# want a machine that does nothing else. The public tables of `quality` lie in TRAINYARD_DATA, by default
# ../shared/data; those that are not there are left out.
set -euo pipefail
cd "$(dirname "$0")/../.."
short=() parts=cost,quality
for argument; do
  case $argument in
    short) short=(--short) ;;
    cost | quality) parts=$argument ;;
    *) echo "usage: tests/bench/boost.sh [short] [cost|quality]" >&2; exit 2 ;;
  esac
done
venv=$(tests/peers.sh bench && tests/peers.sh boost)
venv=${venv##*$'\n'}
[ -n "$venv" ] || exit 0
cargo build --release --quiet --locked -p yard-boost --example fit_bench
cargo build --release --quiet --locked -p train -p batch-predict
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target/bench"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
missed=0
case $parts in *cost*)
  "$venv/bin/python" tests/bench/boost.py "$target/release/examples/fit_bench" "$target/release/train" "$folder" \
    --plot "$target/bench/boost-scaling.svg" "${short[@]}" || missed=1
esac
case $parts in *quality*)
  "$venv/bin/python" tests/bench/quality.py "$target/release/examples/fit_bench" "$target/release" \
    --data "${TRAINYARD_DATA:-../shared/data}" --out "$folder" "${short[@]}" || missed=1
esac
exit "$missed"
