#!/bin/sh
# Puts Trainyard's tools into a folder: `sh install.sh FOLDER`. The GitHub actions call this file; the
# GitLab template carries the same function, because an included file cannot bring another one along.
#
#   TRAINYARD_VERSION       the version that is wanted
#   TRAINYARD_TOOLS_URL     where the archive and SHA256SUMS lie: an https URL or a folder
#   TRAINYARD_TOOLS_SHA256  the archive's digest, which goes before SHA256SUMS
set -eu

# 0: all tools of this version are on PATH, or in the folder now. 2: another version is on PATH, or
# nobody says where the tools are. 3: the network, or other bytes than were announced.
install_tools() (
  folder=$1
  missing=""
  for tool in batch-predict data-check drift-check eval-gate fetch-package forge-report model-card \
    promote-model publish-image publish-package serve smoke-test train; do
    if ! command -v "$tool" > /dev/null; then
      missing="$missing $tool"
      continue
    fi
    found=$("$tool" --version || true)
    if [ "$found" != "$tool $TRAINYARD_VERSION" ]; then
      echo "error: a tool on PATH is of another version: \`$tool\` is $found, not $TRAINYARD_VERSION" >&2
      echo "hint: the template and the tools are released together; take both from one version" >&2
      exit 2
    fi
  done
  if [ -z "$missing" ]; then exit 0; fi
  if [ -z "${TRAINYARD_TOOLS_URL:-}" ]; then
    echo "error: neither on PATH nor in \`$folder\`:$missing" >&2
    echo "hint: say where the tools' archive lies: the project that publishes it, a URL, or a folder" >&2
    exit 2
  fi
  archive="trainyard-$TRAINYARD_VERSION-$(uname -m)-linux.tar.gz"
  mkdir -p "$folder"
  get() {
    file=$1
    case "$TRAINYARD_TOOLS_URL" in
      https://* | http://*) ;;
      *)
        cp "$TRAINYARD_TOOLS_URL/$file" "$folder/$file"
        return
        ;;
    esac
    # The job's token goes to the forge's own API only, not to hosts that the forge redirects to, and
    # never on a command line, where a list of processes would show it.
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
    elif command -v python3 > /dev/null; then
      printf '%s' "$token" | python3 -c 'if True:
        import shutil, sys, urllib.request
        request = urllib.request.Request(sys.argv[1])
        token = sys.stdin.read()
        if token:
            request.add_unredirected_header("JOB-TOKEN", token)
        with urllib.request.urlopen(request, timeout=300) as answer, open(sys.argv[2], "wb") as file:
            shutil.copyfileobj(answer, file)
      ' "$TRAINYARD_TOOLS_URL/$file" "$folder/$file"
    elif [ -z "$token" ] && command -v wget > /dev/null; then
      wget -q -T 300 -O "$folder/$file" "$TRAINYARD_TOOLS_URL/$file"
    elif wget --version 2> /dev/null | grep -q "GNU Wget"; then
      # wget would take a header along wherever it is redirected to: it is asked for the address, and
      # goes there without.
      settings="$folder/wgetrc"
      (umask 077 && printf 'header = JOB-TOKEN: %s\nmax_redirect = 0\n' "$token" > "$settings")
      status=0
      said=$(LC_ALL=C WGETRC="$settings" wget --server-response --timeout 300 \
        --output-document "$folder/$file" "$TRAINYARD_TOOLS_URL/$file" 2>&1) || status=$?
      rm -f "$settings"
      location=$(printf '%s\n' "$said" | sed -n 's/^ *[Ll]ocation: *\(http[^ ]*\).*/\1/p' | head -n 1)
      if [ -n "$location" ]; then
        wget --quiet --timeout 300 --output-document "$folder/$file" "$location"
      elif [ "$status" != 0 ]; then
        printf '%s\n' "$said" | tail -n 3 >&2
        return 1
      fi
    else
      echo "error: this image has neither curl, python3 nor GNU wget to fetch the tools with" >&2
      exit 2
    fi
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
