#!/usr/bin/env bash
# The whole line against the same steps in Python: `make bench`.
#
# Environment: BIN (folder of the binaries), PYTHON (one that has the peers' libraries, by default that
# of `tests/peers.sh bench`), PAIRS (how many pairs to run; 5),
# PEER_THREADS (LightGBM's threads; 2).
set -euo pipefail
cd "$(dirname "$0")/../.."
TARGET_DIR=${CARGO_TARGET_DIR:-target}
BIN=${BIN:-${TRAINYARD_BIN:-$TARGET_DIR/release}}
PYTHON=${PYTHON:-$TARGET_DIR/peers/venv/bin/python}
if [ ! -x "$PYTHON" ]; then
  echo "error: there is no \`$PYTHON\`; run \`tests/peers.sh bench\` first, or set PYTHON" >&2
  exit 2
fi

"$BIN/example-world" --out data/world --check data/SHA256SUMS >/dev/null
"$PYTHON" tests/bench/measure.py line --bin "$BIN" --world data/world --out "$TARGET_DIR/bench" \
  --pairs "${PAIRS:-5}" --peer-threads "${PEER_THREADS:-2}"
