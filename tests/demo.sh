#!/usr/bin/env bash
# The whole line, from a table to a smoke-tested, published model: `make demo`.
#
#   make demo                                       the example project in data/ and configs/
#   make demo DATA=t.csv TARGET=churned POSITIVE=yes   the same line on a table of yours
#   make demo KEEP=1                                leaves the server running
#
# Environment: BIN (folder of the binaries), OUT (folder for everything that is made).
set -euo pipefail
cd "$(dirname "$0")/.."
BIN=${BIN:-${CARGO_TARGET_DIR:-target}/release}
OUT=${OUT:-out}
DATA=${DATA:-}
NAME=${NAME:-credit-risk}
VERSION=${VERSION:-1.0.0}
PATH="$BIN:$PATH"
server=

finish() {
  if [ -n "$server" ] && [ -z "${KEEP:-}" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
}
trap finish EXIT

# stage NAME COMMAND...: runs a stage, shows its name, its time and the first line it says. A stage
# that fails shows everything it said and ends the demo with its exit code.
stage() {
  local name=$1 start end code=0 said
  shift
  start=$(date +%s%N)
  said=$("$@" 2>"$OUT/stderr.log") || code=$?
  end=$(date +%s%N)
  printf '  %-9s %5d ms  %s\n' "$name" $(((end - start) / 1000000)) "$(printf '%s\n' "$said" | head -n 1)"
  if [ "$code" -ne 0 ]; then
    printf '%s\n' "$said" | tail -n +2
    cat "$OUT/stderr.log"
    printf '\nThe line stops at %s with exit code %s. What it found is in %s/.\n' "$name" "$code" "$OUT"
    exit "$code"
  fi
}

# Everything that an earlier demo made, and nothing else.
rm -rf "$OUT"/{model,charts,registry,configs} "$OUT"/{data-report,split,parity,explanation,evaluation,gate,metrics,publish-receipt,smoke-report,smoke-measurement,train-measurement,batch-report,drift-report}.json \
  "$OUT"/{holdout,scored}.csv "$OUT"/report.{md,html} "$OUT"/model_card.{md,html} "$OUT"/gate.{junit.xml,codequality.json,annotations.txt,openmetrics.txt} "$OUT"/drift-report.{md,html,junit.xml,metrics.txt} "$OUT"/*.tar.gz "$OUT"/{serve,stderr}.log "$OUT"/serve.port
mkdir -p "$OUT"

if [ -z "$DATA" ]; then
  printf 'The example project: who will default on a loan? (data/README.md)\n\n'
  DATA=data/world/training.csv
  FRESH=data/world/scoring.csv
  CONFIGS=${CONFIGS:-configs}
  world() { example-world --out data/world --check data/SHA256SUMS | tail -n 1; }
  stage world world
else
  : "${TARGET:?set TARGET to the column to predict}" "${POSITIVE:?set POSITIVE to the value of $TARGET that counts as positive}"
  printf 'The line on %s: when is %s %s?\n\n' "$DATA" "$TARGET" "$POSITIVE"
  NAME=${TARGET//[^A-Za-z0-9]/-}
  FRESH=
  CONFIGS=${CONFIGS:-$OUT/configs}
  stage infer data-check infer --data "$DATA" --target "$TARGET" --out "$CONFIGS/data.yaml"
  stage init train init --data "$DATA" --target "$TARGET" --positive "$POSITIVE" --out "$CONFIGS/train.yaml" ${EXCLUDE:+--exclude "$EXCLUDE"}
  # What nobody but the owner of the table can know stands here in its least demanding form.
  cat >"$CONFIGS/gate.yaml" <<'YAML'
at_least:
  auc: 0.55
YAML
  cat >"$CONFIGS/card.yaml" <<YAML
name: $NAME
intended_use:
  uses: [A first look at what this table says about its target]
  users: [Whoever made this demo run]
  out_of_scope: [Any decision about people]
limitations: [Nobody who knows the data has looked at this model]
risks:
  - risk: A column may be known only after the outcome
    mitigation: Read the list of features before using the scores
YAML
  cp configs/smoke.yaml "$CONFIGS/smoke.yaml"
fi

stage check data-check --data "$DATA" --config "$CONFIGS/data.yaml" --out "$OUT/data-report.json"
stage train train --data "$DATA" --config "$CONFIGS/train.yaml" --model "$OUT/model" \
  --holdout "$OUT/holdout.csv" --split "$OUT/split.json" --parity "$OUT/parity.json" --explanation "$OUT/explanation.json" \
  --measurement "$OUT/train-measurement.json"
stage evaluate eval-gate --model "$OUT/model" --holdout "$OUT/holdout.csv" --split "$OUT/split.json" --config "$CONFIGS/gate.yaml" \
  --first-model 'the demo starts without a release' --out "$OUT"
stage card model-card --model "$OUT/model" --data-report "$OUT/data-report.json" --split "$OUT/split.json" --explanation "$OUT/explanation.json" \
  --evaluation "$OUT/evaluation.json" --gate "$OUT/gate.json" --config "$CONFIGS/card.yaml" --out "$OUT/model_card.md"
stage publish publish-package --name "$NAME" --package-version "$VERSION" --model "$OUT/model" --gate "$OUT/gate.json" \
  --include "$OUT/data-report.json" --include "$OUT/split.json" --include "$OUT/parity.json" --include "$OUT/explanation.json" --include "$OUT/evaluation.json" \
  --include "$OUT/model_card.md" --include "$OUT/charts" \
  --target "dir:$OUT/registry" --archive "$OUT/$NAME-$VERSION.tar.gz" --out "$OUT/publish-receipt.json"

package="$OUT/registry/$NAME/$VERSION/$NAME-$VERSION.tar.gz"
# Exit code 4: all in it belongs together, and nobody signed it. A key is for releases.
verify() { publish-package verify "$package" --unsigned --out "$OUT/verification.json" || [ $? -eq 4 ]; }
stage verify verify
rm -f "$OUT/serve.port"
serve --package "$package" --listen "127.0.0.1:${PORT:-0}" --port-file "$OUT/serve.port" 2>"$OUT/serve.log" &
server=$!
wait_for_server() {
  for _ in $(seq 400); do
    if [ -s "$OUT/serve.port" ]; then
      echo "ready on http://127.0.0.1:$(cat "$OUT/serve.port")"
      return 0
    fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.025
  done
  cat "$OUT/serve.log"
  return 2
}
stage serve wait_for_server
url=http://127.0.0.1:$(cat "$OUT/serve.port")
stage smoke smoke-test --url "$url" --package "$package" --config "$CONFIGS/smoke.yaml" \
  --out "$OUT/smoke-report.json" --measurement "$OUT/smoke-measurement.json"
stage batch batch-predict --package "$package" --data "${FRESH:-$OUT/holdout.csv}" --out "$OUT/scored.csv" --report "$OUT/batch-report.json"
if [ -n "$FRESH" ]; then
  # Exit code 4 is a look, not a failure: the example's later applicants did change.
  drift() { drift-check --package "$package" --data "$FRESH" --config "$CONFIGS/drift.yaml" --out "$OUT/drift-report.json" || [ $? -eq 4 ]; }
  stage drift drift
fi

cat <<TEXT

  the report    $OUT/report.html (for a merge request: $OUT/report.md)
  the card      $OUT/model_card.md
  the charts    $OUT/charts/
  the package   $package
  the scores    $OUT/scored.csv
TEXT
if [ -n "${KEEP:-}" ]; then
  printf '  the server    %s (stop it: kill %s)\n' "$url" "$server"
  disown "$server"
else
  printf '\nAgain: make demo. With the server left running: make demo KEEP=1.\n'
fi
