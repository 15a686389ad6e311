#!/usr/bin/env bash
# yard-stats against scikit-learn and numpy on the same rows: all binary metrics of two models, DeLong's
# test and a paired bootstrap. Ends with 1 where a bound is broken, and says which bounds there are.
#
#   tests/bench/stats.sh [ROWS [REPLICATES [ROUNDS]]]     1,000,000, 1,000 and 3 unless told
set -euo pipefail
cd "$(dirname "$0")/../.."
TARGET_DIR=${CARGO_TARGET_DIR:-target}
PYTHON=${PYTHON:-$TARGET_DIR/peers/venv/bin/python}
if [ ! -x "$PYTHON" ]; then
  echo "error: there is no \`$PYTHON\`; run \`tests/peers.sh bench\` first, or set PYTHON" >&2
  exit 2
fi
cargo build --release --locked --quiet -p yard-stats --example stats_bench
"$PYTHON" tests/bench/stats_vs_sklearn.py "$TARGET_DIR/release/examples/stats_bench" "$@"
