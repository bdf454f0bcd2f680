#!/usr/bin/env bash
# Stops the engine that up.sh started, and no other. Its data stays, so images are cached for the next time.
set -Eeuo pipefail
# shellcheck source-path=SCRIPTDIR source=lab.sh
source "$(dirname "${BASH_SOURCE[0]}")/lab.sh"

pid="$(own_engine)" || {
  say "no engine of the lab's is running"
  exit 0
}
say "stopping dockerd (process $pid) and its containers"
kill -TERM "$pid"
# The engine gives each container its stop timeout, 10 s unless told otherwise.
for _ in {1..300}; do
  own_engine >/dev/null || {
    say "stopped"
    exit 0
  }
  sleep 0.1
done
die "dockerd (process $pid) is still stopping after 30 s: see $engine_log"
