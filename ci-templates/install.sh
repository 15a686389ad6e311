#!/bin/sh
# Puts Trainyard's tools into a folder: `sh install.sh FOLDER`. The GitHub actions call this file; the
# GitLab template carries the same function, because an included file cannot bring another one along.
#
#   TRAINYARD_VERSION       the version that is wanted
#   TRAINYARD_TOOLS_URL     where the archive and SHA256SUMS lie: an https URL or a folder
#   TRAINYARD_TOOLS_SHA256  the archive's digest, which goes before SHA256SUMS
set -eu

# 0: the tools of this version are on PATH, or in the folder now. 2: another version is on PATH, or
# nobody says where the tools are. 3: the network, or other bytes than were announced.
install_tools() (
  folder=$1
  if command -v data-check > /dev/null; then
    found=$(data-check --version)
    if [ "$found" = "data-check $TRAINYARD_VERSION" ]; then exit 0; fi
    echo "error: the tools on PATH are of another version: $found, not $TRAINYARD_VERSION" >&2
    echo "hint: the template and the tools are released together; take both from one version" >&2
    exit 2
  fi
  if [ -z "${TRAINYARD_TOOLS_URL:-}" ]; then
    echo "error: the tools are neither on PATH nor in \`$folder\`" >&2
    echo "hint: say where their archive lies: the project that publishes it, a URL, or a folder" >&2
    exit 2
  fi
  archive="trainyard-$TRAINYARD_VERSION-$(uname -m)-linux.tar.gz"
  mkdir -p "$folder"
  get() {
    file=$1
    case "$TRAINYARD_TOOLS_URL" in
      https://* | http://*)
        # The job's token goes to the forge's own API only, and on stdin, so that no list of
        # processes shows it. curl keeps it from hosts that the forge redirects to.
        token=""
        case "$TRAINYARD_TOOLS_URL" in
          "${CI_API_V4_URL:-none}"/*) token="${CI_JOB_TOKEN:-}" ;;
        esac
        if command -v curl > /dev/null; then
          set -- --fail --silent --show-error --location --retry 3 --max-time 300 --output "$folder/$file"
          if [ -n "$token" ]; then
            printf 'user = "gitlab-ci-token:%s"\n' "$token" | curl "$@" --config - "$TRAINYARD_TOOLS_URL/$file"
          else
            curl "$@" "$TRAINYARD_TOOLS_URL/$file"
          fi
        elif [ -z "$token" ] && command -v wget > /dev/null; then
          wget -q -O "$folder/$file" "$TRAINYARD_TOOLS_URL/$file"
        else
          echo "error: this image has no curl to fetch the tools with" >&2
          exit 2
        fi
        ;;
      *) cp "$TRAINYARD_TOOLS_URL/$file" "$folder/$file" ;;
    esac
  }
  get "$archive" || { echo "error: no $archive at $TRAINYARD_TOOLS_URL" >&2; exit 3; }
  if [ -n "${TRAINYARD_TOOLS_SHA256:-}" ]; then
    expected=$TRAINYARD_TOOLS_SHA256
  else
    get SHA256SUMS || { echo "error: no SHA256SUMS at $TRAINYARD_TOOLS_URL" >&2; exit 3; }
    expected=$(sed -n "s/^\([0-9a-f]\{64\}\)  $archive\$/\1/p" "$folder/SHA256SUMS")
  fi
  digest=$(sha256sum "$folder/$archive")
  if [ "${digest%% *}" != "$expected" ]; then
    rm -f "$folder/$archive"
    echo "error: $archive is ${digest%% *}, not ${expected:-a file that SHA256SUMS names}" >&2
    exit 3
  fi
  tar -xzf "$folder/$archive" -C "$folder"
  rm -f "$folder/$archive" "$folder/SHA256SUMS"
)

install_tools "$1"
