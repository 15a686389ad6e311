#!/usr/bin/env bash
# Installs the programs of others that tests and benches compare with, once, into a virtual
# environment of Python in target/peers/venv; says where it is.
#
#   tests/peers.sh          what the tests need
#   tests/peers.sh bench    what the benches need too
#
# Where they cannot be had, it says so and ends with 0; with CI set, it ends with 1: there, tests
# that did not run must not look like tests that passed.
set -euo pipefail
cd "$(dirname "$0")/.."
peers=${CARGO_TARGET_DIR:-target}/peers
venv=$peers/venv

tests='numpy==2.4.6
scikit-learn==1.9.1
onnx==1.23.2
onnxruntime==1.31.1
jsonschema==4.26.0
PyYAML==6.0.3
dvc==3.67.1'
bench='pandas==3.1.1
pandera==0.35.0
lightgbm==4.7.0
matplotlib==3.11.2
Jinja2==3.1.6'

skip() {
  printf 'SKIPPED: %s; comparisons with programs in Python are not made\n' "$1" >&2
  [ -z "${CI:-}" ] || exit 1
  exit 0
}

# has LIST: whether this list is what was installed last. install LIST: sees to it.
has() { [ -x "$venv/bin/python" ] && [ "$(cat "$venv/$1.installed" 2>/dev/null)" = "${!1}" ]; }
install() {
  has "$1" && return
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv" >&2 || skip 'python3 cannot make a virtual environment'
  rm -f "$venv/$1.installed"
  # The environment's mirrors, proxies and certificates are the user's own.
  # shellcheck disable=SC2086 # one requirement a word
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input ${!1} >&2 ||
    skip 'pip cannot install what tests/peers.sh pins'
  printf '%s' "${!1}" >"$venv/$1.installed"
}

python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || skip 'there is no python3 of version 3.11 or later'
mkdir -p "$peers"
# One installs, the others wait and find it.
exec 9>"$peers/venv.lock"
if command -v flock >/dev/null; then flock 9; fi
install tests
if [ "${1:-}" = bench ]; then install bench; fi
printf '%s\n' "$venv"
