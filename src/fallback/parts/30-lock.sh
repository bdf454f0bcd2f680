# --- the lock: a container that is created and never started; names are unique on an engine ---

lock_id='' beating='' taking=''

# Whoever holds the lock shows by another content of this file, every few seconds, that it lives.
beat() {
  local count=0
  while kill -0 "$$" 2>/dev/null; do
    count=$((count + 1))
    printf '%s %s\n' "$run" "$count" >"$work/hot-deploy-beat"
    if ! docker cp "$work/hot-deploy-beat" "$1:/hot-deploy-beat" </dev/null >/dev/null 2>&1 &&
      ! docker inspect --type container --format '{{.Id}}' "$1" </dev/null >/dev/null 2>&1 &&
      docker version </dev/null >/dev/null 2>&1; then
      say "the lock $lock was taken from this run: it stops here"
      kill -TERM "$$"
      return
    fi
    pause 3
  done
}

beat_of() {
  rm -f "$work/its-beat"
  engine cp "$1:/hot-deploy-beat" "$work/its-beat" || return 0
  printf '%s' "$(<"$work/its-beat")"
}

holder_of() {
  engine inspect --type container --format '{{.Id}} {{with .Config.Labels}}{{with index . "hot-deploy.holder"}}{{.}}{{end}}{{end}}' "$1" || return 1
  local words
  words=$(said)
  printf '%s' "${words#* }"
}

# In the same process namespace of the same machine the holder's process tells at once.
gone() {
  local holder=$1 pid ticks stat
  [[ $holder == *"\"host\":\"$machine\""* ]] || return 1
  [[ $holder == *"\"pidns\":\"$namespace\""* ]] || return 1
  [[ $holder =~ \"pid\":([0-9]+) ]] || return 1
  pid=${BASH_REMATCH[1]}
  [[ $holder =~ \"startTicks\":\"?([0-9]+) ]] || return 1
  ticks=${BASH_REMATCH[1]}
  stat=$(ticks_of "$pid") || return 0
  [[ $stat != "$ticks" ]]
}

# When a process started, in ticks since the machine's start; the command's name before may hold anything.
ticks_of() {
  local line
  { line=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  read -r -a line <<<"${line##*) }"
  printf '%s' "${line[19]}"
}

machine='' namespace=''
read_machine() {
  { machine=$(</proc/sys/kernel/random/boot_id); } 2>/dev/null || machine=unknown
  local link
  link=$(readlink /proc/self/ns/pid 2>/dev/null) || link=unknown
  namespace=$link
}

take_lock() {
  local image=$1 line holder other before after count
  local who=${USER:-user $EUID}@${HOSTNAME:-unknown}
  who="${who//[^A-Za-z0-9@._ -]/}, hot-deploy.sh"
  read_machine
  holder="{\"by\":\"$who\",\"host\":\"$machine\",\"pidns\":\"$namespace\",\"pid\":$$,\"startTicks\":$(ticks_of $$),\"since\":\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\"}"
  local words=(create --name "$lock" --label "hot-deploy.lock=$environment" --label "hot-deploy.run=$run"
    --label "hot-deploy.holder=$holder" --network none --entrypoint hot-deploy-lock)
  # What the image says of its containers would be said of this one: it would be counted among them, and routed to.
  if engine image inspect --format '{{range $key, $value := .Config.Labels}}{{printf "% x" $key}}
{{end}}' "$image"; then
    while IFS= read -r line; do
      decode "$line"
      [[ -z $decoded || $decoded == *=* ]] || words+=(--label "$decoded=")
    done <"$work/said"
  fi
  words+=("$image")
  show "${words[@]}"
  [[ -z $dry ]] || return 0
  taking=yes
  for count in 1 2 3; do
    if engine "${words[@]}"; then
      lock_id=$(said)
      beat "$lock_id" &
      beating=$!
      return 0
    fi
    list || return 1
    other=${ids[$lock]-}
    if [[ -z $other ]]; then
      [[ $count == 3 ]] || continue
      say "the lock $lock could not be made: $(complaint)"
      return 1
    fi
    holder=$(holder_of "$other") || continue
    if ! gone "$holder"; then
      say "$lock is held ($holder); waiting for a sign of life"
      before=$(beat_of "$other") after=$before
      local until=$((SECONDS + 16))
      while ((SECONDS < until)) && [[ $before == "$after" ]]; do
        pause 1
        after=$(beat_of "$other")
      done
      if [[ $before != "$after" ]]; then
        say "somebody else deploys to $environment just now: $holder"
        return 1
      fi
    fi
    say "whoever held $lock is gone: taking it over"
    # By its id: two that take it over cannot remove each other's new one.
    engine rm --force "$other" || true
  done
  say "the lock $lock could not be taken"
  return 1
}

give_lock_back() {
  [[ -z $beating ]] || {
    kill -KILL -- "-$beating" || kill -KILL "$beating"
    wait "$beating"
  } >/dev/null 2>&1 || true
  beating=
  # A signal may have come between its creation and the answer.
  if [[ -z $lock_id && -n $taking ]] && list && [[ -n ${ids[$lock]-} ]] &&
    engine inspect --type container --format '{{.Id}} {{with .Config.Labels}}{{with index . "hot-deploy.run"}}{{.}}{{end}}{{end}}' "${ids[$lock]}" &&
    [[ $(said) == "${ids[$lock]} $run" ]]; then
    lock_id=${ids[$lock]}
  fi
  [[ -z $lock_id ]] || engine rm --force --volumes "$lock_id" || true
  lock_id=
}
