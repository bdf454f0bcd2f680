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

# What the engine answered last, and the beginning of what it complained of.
said() { printf '%s' "$(<"$work/said")"; }
complaint() {
  local text
  text=$(head -c 8192 "$work/complaint" | foreign)
  printf '%s' "${text:0:500}"
}

# What another program wrote: no line of it is a command to a runner that shows it, nothing in it drives a terminal, and
# it is without the cookie and the values of variables that are called a secret.
export -n HOT_DEPLOY_COOKIE
foreign() {
  local line entry value sequence=$'\e''[[0-9;:<=>?]*[ -/]*[@-~]' mark=$'\xe2\x80\x8b'
  local -a masked=()
  for entry in "COOKIE=${HOT_DEPLOY_COOKIE-}" "${entries[@]}"; do
    [[ ${entry%%=*} =~ (PASS|PWD|SECRET|TOKEN|KEY|CREDENTIAL|COOKIE|DSN|SALT|pass|secret|token|key) ]] || continue
    while IFS= read -r value; do
      case $value in
      postgres | postgresql | production | development | localhost | password) ;;
      ????????*) masked+=("$value") ;;
      esac
    done <<<"${entry#*=}"
  done
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line//$'\r'/ }
    while [[ $line =~ $sequence ]]; do line=${line/"${BASH_REMATCH[0]}"/}; done
    line=${line//[[:cntrl:]]/}
    for value in "${masked[@]}"; do line=${line//"$value"/***}; done
    [[ ! $line =~ ^[^!-~]*:: ]] || line=${line/::/${mark}::}
    printf '%s\n' "${line//'##['/##${mark}[}"
  done
}

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

# Whatever a container or the engine answers: at most so many KiB of it are taken, in at most so many seconds.
room=16384 within=60
bounded() {
  trap '' XFSZ
  ulimit -f "$room"
  exec timeout -k 5 "$within" docker "$@"
}

# `taken PID`: whether that came to a good end, and is there as a whole.
taken() {
  local code=0
  finished "$1" || code=$?
  if (($(wc -c <"$work/said") >= room * 1024)); then
    code=1
    printf 'it says more than %s KiB' "$room" >"$work/complaint"
  elif ((code == 124)); then
    printf 'it took more than %s s' "$within" >"$work/complaint"
  fi
  return "$code"
}

engine() {
  bounded "$@" </dev/null >"$work/said" 2>"$work/complaint" &
  taken $!
}

show() { printf 'docker%s\n' "$(quoted "$@")" >&"$shown"; }

# Every command that changes something goes through here, or asks `held` itself.
change() {
  show "$@"
  [[ -z $dry ]] || return 0
  held || return 1
  within=86400 engine "$@" || fail "docker $1 failed: $(complaint)" || return 1
}

pause() { sleep "$1" 2>/dev/null || sleep 1 || true; }
