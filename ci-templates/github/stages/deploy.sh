#!/usr/bin/env bash
# Serves a package on the job's own machine until `stop`; with a `url`, something is served there
# already.
# shellcheck source-path=SCRIPTDIR source=../job.sh
. "$(dirname "$0")/../job.sh"

if [ -n "$SHA256" ]; then
  if ! printf '%s  %s\n' "$SHA256" "$PACKAGE" | sha256sum --check --status; then
    echo "error: the package is not the one that was judged" >&2
    exit 1
  fi
fi
if [ -n "$URL" ]; then exit 0; fi
nohup serve --package "$PACKAGE" --listen "$LISTEN" < /dev/null > out/serve.log 2>&1 &
pid=$!
echo "pid=$pid" >> "$GITHUB_OUTPUT"
until curl --silent --fail --max-time 2 --output /dev/null "http://$LISTEN/health/ready"; do
  waited=$((${waited:-0} + 1))
  if ! kill -0 "$pid" 2> /dev/null || [ "$waited" -gt 150 ]; then
    echo "error: the model is not served at http://$LISTEN; out/serve.log ends:" >&2
    quietly tail -n 20 out/serve.log
    exit 2
  fi
  sleep 0.2
done
