#!/usr/bin/env bash
# What the binaries weigh: size, time to start, peak memory of each stage and, with --cold, what it takes
# to build them all from nothing.
#
#   tests/bench/footprint.sh [--cold]
#
# Environment: BIN (folder of the binaries), PYTHON (any Python 3; it only measures).
set -euo pipefail
cd "$(dirname "$0")/../.."
TARGET_DIR=${CARGO_TARGET_DIR:-target}
BIN=${BIN:-${TRAINYARD_BIN:-$TARGET_DIR/release}}
PYTHON=${PYTHON:-python3}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cold() {
  echo "cold build (cargo build --release --bins, $(nproc) processors, load $(cut -d ' ' -f 1 /proc/loadavg)):"
  # Fetched before, so that it is the build that is measured and not the network.
  cargo fetch --locked --quiet
  local TIMEFORMAT='  %0R s wall, %0U s user, %0S s system'
  time CARGO_TARGET_DIR="$scratch/target" cargo build --release --locked --offline --bins --quiet
}

echo 'size:                as built   stripped'
for folder in tools/*/; do
  tool=$(basename "$folder")
  strip -o "$scratch/$tool" "$BIN/$tool"
  printf '  %-16s %6.1f MiB %6.1f MiB\n' "$tool" \
    "$(awk "BEGIN { print $(stat -c %s "$BIN/$tool") / 1048576 }")" "$(awk "BEGIN { print $(stat -c %s "$scratch/$tool") / 1048576 }")"
done
echo 'time to start (--version, median of 50; `true` is what starting anything costs):'
"$PYTHON" tests/bench/measure.py start --bin "$BIN"
"$BIN/example-world" --out data/world --check data/SHA256SUMS >/dev/null
echo 'peak memory on the example project:'
"$PYTHON" tests/bench/measure.py peak --bin "$BIN" --world data/world --out "$TARGET_DIR/bench/peak"
if [ "${1:-}" = --cold ]; then
  cold
fi
