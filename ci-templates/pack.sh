#!/bin/sh
# Packs the tools for release: `sh pack.sh FOLDER OUT` takes the binaries from FOLDER and leaves in OUT
# the archive that install.sh fetches, and SHA256SUMS. The same binaries give the same archive.
set -eu
folder=$1
out=$2
version=$("$folder/data-check" --version)
version=${version#data-check }
archive="trainyard-$version-$(uname -m)-linux.tar.gz"
mkdir -p "$out"
tools="batch-predict data-check drift-check eval-gate fetch-package forge-report model-card promote-model
publish-image publish-package serve smoke-test train"
for tool in $tools; do
  found=$("$folder/$tool" --version)
  if [ "$found" != "$tool $version" ]; then
    echo "error: \`$folder/$tool\` is $found, not of version $version" >&2
    exit 2
  fi
done
# shellcheck disable=SC2086 # one tool a word
tar -C "$folder" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 --mode=0755 \
  -cf "$out/trainyard.tar" $tools
gzip -n < "$out/trainyard.tar" > "$out/$archive"
rm "$out/trainyard.tar"
cd "$out"
sha256sum "$archive" > SHA256SUMS
cat SHA256SUMS
