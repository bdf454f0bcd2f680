# shellcheck shell=bash
# What up.sh and down.sh agree on: where the lab keeps what it must remember, and how it speaks.

state="${XDG_STATE_HOME:-$HOME/.local/state}/hot-deploy-lab"
# shellcheck disable=SC2034 # read by the scripts that source this file
engine_log="$state/dockerd.log" engine_pid_file="$state/dockerd.pid" apt_log="$state/apt.log"

say() { printf 'lab: %s\n' "$*" >&2; }

die() {
  say "$*"
  exit 1
}

# The engine which an earlier run started, if it still lives. A recycled process id has another
# command line; any other engine on this machine has another pid file.
own_engine() {
  local pid
  pid="$(cat "$engine_pid_file" 2>/dev/null)" || return 1
  tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF -- "--pidfile=$engine_pid_file" || return 1
  printf '%s\n' "$pid"
}
