#!/usr/bin/env bash
# Fits the same tables with yard-boost, LightGBM and XGBoost in turn and prints, as CSV, the medians
# and the ratios of ours to theirs.
#
#   tests/bench/boost.sh [REPETITIONS]     5 unless told; best on a machine that does nothing else
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=$(tests/peers.sh boost)
[ -n "$venv" ] || exit 0
cargo build --release --quiet -p yard-boost --example fit_bench
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$venv/bin/python" tests/bench/boost.py compare \
  "${CARGO_TARGET_DIR:-target}/release/examples/fit_bench" "${1:-5}" "$folder"
