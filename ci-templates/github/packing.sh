# shellcheck shell=bash
# What goes into the package. The job that packs and the job that releases read the same lines here, so
# that what is released is, byte for byte, what was judged, kept and deployed.
if [[ ! "$NAME" =~ ^[A-Za-z0-9][A-Za-z0-9_-]*$ ]]; then
  refuse "the input \`name\` may have letters, digits, - and _"
fi
# pack NUMBER TARGET RECEIPT ARCHIVE
pack() {
  local number=$1 target=$2 receipt=$3 archive=$4 file
  set -- --name "$NAME" --package-version "$number" --model out/model --gate out/gate.json
  for file in out/data-report.json out/split.json out/parity.json out/explanation.json out/evaluation.json out/model_card.md; do
    if [ -f "$file" ]; then set -- "$@" --include "$file"; fi
  done
  quietly publish-package "$@" --target "$target" --out "$receipt" --archive "$archive"
}
digest_of() {
  local sum
  sum="$(sha256sum "$1")"
  echo "${sum%% *}"
}
