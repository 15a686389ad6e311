# shellcheck shell=bash
# The ledger of looks at a holdout, where jobs find it: a file in a commit under a ref of the repository
# that is no branch and starts no workflow. It outlives every cache and artifact, whoever reads the
# repository reads it, and its history shows every look. A push moves it only from where it was read.
if [[ ! "${NAME:-}" =~ ^[A-Za-z0-9][A-Za-z0-9_-]*$ ]]; then
  refuse "the input \`name\` may have letters, digits, - and _"
fi
ledger_ref="refs/trainyard/$NAME/ledger"
ledger_tip=

# git with the job's token, which is in no argument that a list of processes shows, and in no file.
git_as_job() {
  GIT_CONFIG_COUNT=1 \
    GIT_CONFIG_KEY_0="http.${GITHUB_SERVER_URL:-https://github.com}/.extraheader" \
    GIT_CONFIG_VALUE_0="AUTHORIZATION: basic $(printf 'x-access-token:%s' "$GITHUB_TOKEN" | base64 -w 0)" \
    git "$@"
}

# read_ledger FILE: the ledger as it is now; no file where there is none yet.
read_ledger() {
  local found
  rm -f "$1"
  found="$(git_as_job ls-remote origin "$ledger_ref")" || exit 3
  ledger_tip="${found%%[[:space:]]*}"
  if [ -z "$ledger_tip" ]; then return 0; fi
  git_as_job fetch --quiet --depth 1 origin "$ledger_ref" || exit 3
  git show "$ledger_tip:ledger.json" > "$1"
}

# write_ledger FILE: the ledger with one more look; fails where somebody else was faster.
write_ledger() {
  local blob tree commit
  blob="$(git hash-object -w "$1")" || return 1
  tree="$(printf '100644 blob %s\tledger.json\n' "$blob" | git mktree)" || return 1
  if [ -n "$ledger_tip" ] && [ "$(git rev-parse "$ledger_tip^{tree}")" = "$tree" ]; then return 0; fi
  set --
  if [ -n "$ledger_tip" ]; then set -- -p "$ledger_tip"; fi
  commit="$(git -c user.name=trainyard -c user.email=trainyard@invalid commit-tree "$tree" "$@" \
    -m "A look at the holdout of $NAME, by $GITHUB_SHA")" || return 1
  git_as_job push --quiet --force-with-lease="$ledger_ref:$ledger_tip" origin "$commit:$ledger_ref"
}
