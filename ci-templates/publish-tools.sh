#!/bin/sh
# Publishes what pack.sh left: `sh publish-tools.sh FOLDER`, in a GitLab job. The archive becomes package
# trainyard/VERSION of the job's own project, by the job's own token; `tools_project` of the template finds
# it there. A version never changes: the same bytes again are a success, others are refused.
#
#   TRAINYARD_SIGNING_KEY  a file's path, or PEM: SHA256SUMS is signed with it (P-256 or any that openssl takes)
#
# Whoever has the public key verifies:
#   openssl dgst -sha256 -verify team.key.pub -signature SHA256SUMS.sig SHA256SUMS && sha256sum -c SHA256SUMS
#
# 0: published, or there already. 1: other bytes are there. 2: the tag is not the tools' version. 3: the network.
set -eu
cd "$1"

archive=$(sed -n '1s/^[0-9a-f]\{64\}  //p' SHA256SUMS)
sha256sum -c SHA256SUMS
version=${archive#trainyard-}
version=${version%-"$(uname -m)"-linux.tar.gz}
if [ -n "${CI_COMMIT_TAG:-}" ] && [ "$CI_COMMIT_TAG" != "v$version" ]; then
  echo "error: the tag is $CI_COMMIT_TAG, and the tools are of version $version" >&2
  echo "hint: set the workspace's version, then tag that commit v$version" >&2
  exit 2
fi
package="$CI_API_V4_URL/projects/$CI_PROJECT_ID/packages/generic/trainyard/$version"

# request ARGUMENTS: asks the forge and says the answer's status. The token goes in on stdin, so that no
# list of processes shows it, and curl keeps it from hosts that the forge redirects to.
request() {
  printf 'user = "gitlab-ci-token:%s"\n' "$CI_JOB_TOKEN" |
    curl --silent --show-error --location --retry 3 --max-time 600 --config - --write-out '%{http_code}' "$@" ||
    true
}

# fetch FILE TO: 0 fetched, 1 not there.
fetch() {
  status=$(request --output "$2" "$package/$1")
  case "$status" in
    200) ;;
    404) rm -f "$2" && return 1 ;;
    *) echo "error: $1 cannot be read: status $status" >&2; exit 3 ;;
  esac
}

# publish FILE: uploaded and read back, or there already.
publish() {
  if ! fetch "$1" published; then
    status=$(request --output answer --upload-file "$1" "$package/$1")
    case "$status" in
      200 | 201) ;;
      *) echo "error: $1 cannot be uploaded: status $status: $(cat answer)" >&2; exit 3 ;;
    esac
    fetch "$1" published || { echo "error: $1 is not there although it was uploaded" >&2; exit 3; }
    echo "published $1"
  fi
  if ! cmp -s "$1" published; then
    echo "error: trainyard $version is released already, with another $1" >&2
    exit 1
  fi
  rm -f published answer
}

if [ -n "${TRAINYARD_SIGNING_KEY:-}" ]; then
  key=$TRAINYARD_SIGNING_KEY
  if [ ! -f "$key" ]; then
    key=$(mktemp)
    trap 'rm -f "$key"' EXIT
    printf '%s\n' "$TRAINYARD_SIGNING_KEY" > "$key"
  fi
  openssl pkey -in "$key" -pubout -out public.pem
  # Two signatures by one key differ: one that is there already stays if it holds.
  if ! fetch SHA256SUMS.sig SHA256SUMS.sig; then
    openssl dgst -sha256 -sign "$key" -out SHA256SUMS.sig SHA256SUMS
  fi
  if ! openssl dgst -sha256 -verify public.pem -signature SHA256SUMS.sig SHA256SUMS; then
    echo "error: trainyard $version is released already, with another key or other bytes" >&2
    exit 1
  fi
  rm -f public.pem
fi

# Who finds SHA256SUMS finds everything.
publish "$archive"
if [ -f SHA256SUMS.sig ]; then publish SHA256SUMS.sig; fi
publish SHA256SUMS
