#!/usr/bin/env bash
# Publishes the very bytes that were packed, as a release of the repository: complete or not at all,
# and once. Running it again changes nothing.
# shellcheck source-path=SCRIPTDIR source=../job.sh
. "$(dirname "$0")/../job.sh"
# shellcheck source-path=SCRIPTDIR source=../packing.sh
. "$(dirname "$0")/../packing.sh"

again="$(mktemp -d)"
pack "$VERSION" "dir:$again/registry" "$again/receipt.json" "$again/package.tar.gz"
packed="$(digest_of "$again/package.tar.gz")"
if [ "$packed" != "$SHA256" ]; then
  echo "error: the package would be $packed, but what was judged and is deployed is $SHA256" >&2
  echo "hint: the files under out/ are not those of the job that packed; nothing was released" >&2
  exit 1
fi
pack "$VERSION" github: out/publish-receipt.json "$again/package.tar.gz"
tell out/publish-receipt.json
echo "sha256=$packed" >> "$GITHUB_OUTPUT"
