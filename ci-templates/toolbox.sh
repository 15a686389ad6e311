#!/bin/sh
# Builds the toolbox, an image with the tools and a shell, and pushes it as IMAGE:VERSION:
# `sh toolbox.sh FOLDER IMAGE`, where FOLDER is what pack.sh left. Everything in it is a file of this
# machine (Debian's busybox-static and ca-certificates) or of the archive; no other image is pulled. The
# digest that consumers pin is left in FOLDER/toolbox.digest. Options for buildah's push: BUILDAH_PUSH.
set -eu
folder=$1
image=$2
here=$(dirname "$0")
archive=$(sed -n '1s/^[0-9a-f]\{64\}  //p' "$folder/SHA256SUMS")
(cd "$folder" && sha256sum -c SHA256SUMS)
version=${archive#trainyard-}
version=${version%-"$(uname -m)"-linux.tar.gz}

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
mkdir "$context/tools"
tar -xzf "$folder/$archive" -C "$context/tools"
cp "$(command -v busybox)" "$context/busybox"
cp /etc/ssl/certs/ca-certificates.crt "$context/"
# The same files give the same image, whenever it is built.
find "$context" -exec touch -d @0 {} +
buildah bud --isolation chroot --storage-driver vfs --timestamp 0 --quiet \
  --file "$here/Dockerfile.toolbox" --tag "$image:$version" "$context"
# shellcheck disable=SC2086 # one option a word
buildah push --storage-driver vfs ${BUILDAH_PUSH:-} --digestfile "$folder/toolbox.digest" "$image:$version"
echo "$image@$(cat "$folder/toolbox.digest")"
