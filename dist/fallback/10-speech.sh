# --- how it speaks, and how it talks to the engine ---

say() { printf 'hot-deploy: %s\n' "$*" >&2; }

fail() {
  say "$@"
  return 1
}

# Words as a shell would read them back.
quoted() {
  local word quote="'" escaped="'\\''"
  for word; do
    if [[ $word == *[[:cntrl:]]* ]]; then
      printf ' %q' "$word"
    elif [[ $word =~ ^[A-Za-z0-9_@%+=:,./-]+$ ]]; then
      printf ' %s' "$word"
    else
      word=${word//"$quote"/"$escaped"}
      printf " '%s'" "$word"
    fi
  done
}

# What the engine answered last, and what it complained of.
said() { printf '%s' "$(<"$work/said")"; }
complaint() { printf '%s' "$(<"$work/complaint")"; }

# With `set -m` each child is in a process group of its own: Ctrl-C reaches this script alone, and what was asked of the
# engine comes to its end, so that what is true is known when things are put back.
# A signal only leaves its mark: bash may wait for ever for a child that ended while a trap was running.
stopped=''
finished() {
  local code=0
  wait "$1" || code=$?
  while ((code > 128)) && kill -0 "$1" 2>/dev/null; do
    code=0
    wait "$1" || code=$?
  done
  [[ -z $stopped ]] || exit "$stopped"
  return "$code"
}

# With all that it has started.
end_child() {
  [[ -z $1 ]] || {
    kill -KILL -- "-$1" || kill -KILL "$1"
    wait "$1"
  } >/dev/null 2>&1 || true
}

engine() {
  docker "$@" </dev/null >"$work/said" 2>"$work/complaint" &
  finished $!
}

show() { printf 'docker%s\n' "$(quoted "$@")" >&"$shown"; }

# Every command that changes something goes through here, or asks `held` itself.
change() {
  show "$@"
  [[ -z $dry ]] || return 0
  held || return 1
  engine "$@" || fail "docker $1 failed: $(complaint)" || return 1
}

pause() { sleep "$1" 2>/dev/null || sleep 1 || true; }
