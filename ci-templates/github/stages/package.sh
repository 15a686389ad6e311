#!/usr/bin/env bash
# Packs what was judged, and decides whether it is a release: a tag PREFIX1.2.3 is one, and so is the
# default branch where the workflow names a version. Everything else gets a version that says which
# commit it is and sorts before every release.
# shellcheck source-path=SCRIPTDIR source=../job.sh
. "$(dirname "$0")/../job.sh"
# shellcheck source-path=SCRIPTDIR source=../packing.sh
. "$(dirname "$0")/../packing.sh"

if [[ ! "$TAG_PREFIX" =~ ^[A-Za-z][A-Za-z0-9_-]*$ ]]; then
  refuse "the input \`tag-prefix\` begins with a letter and may have letters, digits, - and _"
fi
pattern='^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$'
release=false
version="0.0.0-g${GITHUB_SHA:0:8}"
if [ "$GITHUB_REF_TYPE" = tag ]; then
  tagged="${GITHUB_REF_NAME#"$TAG_PREFIX"}"
  if [ "$TAG_PREFIX$tagged" = "$GITHUB_REF_NAME" ] && [[ "$tagged" =~ $pattern ]]; then
    release=true
    version=$tagged
  fi
elif [ -n "$RELEASE_AS" ]; then
  if [[ ! "$RELEASE_AS" =~ $pattern ]]; then refuse "the input \`release-as\` is no version"; fi
  # A schedule and a dispatch to the repository run on the default branch and nowhere else.
  case "$GITHUB_EVENT_NAME" in
    schedule | repository_dispatch) release=true ;;
    push | workflow_dispatch) if [ "$GITHUB_REF_NAME" = "$DEFAULT_BRANCH" ]; then release=true; fi ;;
  esac
  if [ "$release" = true ]; then version=$RELEASE_AS; fi
fi

package="out/registry/$NAME/$version/$NAME-$version.tar.gz"
archive="$(mktemp -d)/package.tar.gz"
pack "$version" dir:out/registry out/publish-receipt.json "$archive"
{
  echo "package=$package"
  echo "version=$version"
  echo "sha256=$(digest_of "$package")"
  echo "release=$release"
} >> "$GITHUB_OUTPUT"
