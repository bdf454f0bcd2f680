# --- the lock: a container that is created and never started; names are unique on an engine ---

lock_id='' beating='' taking=''

# Whoever holds the lock shows by another content of this file, every few seconds, that it lives. If somebody prunes it
# away, it is made anew; if somebody else has it then, this run ends.
beat() {
  local count=0 lock_id=$1
  while kill -0 "$$" 2>/dev/null; do
    count=$((count + 1))
    printf '%s %s\n' "$run" "$count" >"$work/hot-deploy-beat"
    if ! docker cp "$work/hot-deploy-beat" "$lock_id:/hot-deploy-beat" </dev/null >/dev/null 2>&1 &&
      ! docker inspect --type container --format '{{.Id}}' "$lock_id" </dev/null >/dev/null 2>&1 &&
      docker version </dev/null >/dev/null 2>&1; then
      if lock_id=$(docker "${lock_words[@]}" </dev/null 2>/dev/null); then
        say "somebody removed $lock, the lock of this run: it was taken again, and the run goes on"
        continue
      fi
      say "the lock $lock was taken from this run: it stops here"
      kill -TERM "$$"
      return
    fi
    pause 3
  done
}

beat_of() {
  plain_file "$1" /hot-deploy-beat "$work/its-beat" || return 0
  printf '%s' "$(<"$work/its-beat")"
}

# `read_holder ID`: whose lock it is, and of which environment.
read_holder() {
  engine inspect --type container --format '{{with .Config.Labels}}{{with index . "hot-deploy.lock"}}{{.}}{{end}}{{end}}
{{with .Config.Labels}}{{with index . "hot-deploy.holder"}}{{.}}{{end}}{{end}}' "$1" || return 1
  {
    read -r its_environment
    read -r holder
  } <"$work/said"
  holder_by=$holder
  [[ ! $holder =~ \"by\":\"([^\"]*)\" ]] || holder_by=${BASH_REMATCH[1]}
  [[ ! $holder =~ \"since\":\"([^\"]*)\" ]] || holder_by+=" (since ${BASH_REMATCH[1]})"
}

# `fate HOLDER`: in the same process namespace of the same machine the holder's process tells at once whether it is gone.
fate() {
  local holder=$1 pid ticks
  local -a stat
  fate=unknown
  [[ $holder == *"\"host\":\"$machine\""* && $holder == *"\"pidns\":\"$namespace\""* ]] || return 0
  [[ $holder =~ \"pid\":([0-9]+) ]] || return 0
  pid=${BASH_REMATCH[1]}
  [[ $holder =~ \"startTicks\":([0-9]+) ]] || return 0
  ticks=${BASH_REMATCH[1]}
  if [[ ! -r /proc/$pid/stat ]]; then
    # A /proc that hides what is somebody else's hides this one, too.
    [[ ! -r /proc/1/stat ]] || fate=gone
    return 0
  fi
  read -r -a stat <<<"$(stat_of "$pid")"
  # One that has ended, and whose parent has not asked after it yet, is still listed.
  if [[ ${stat[19]-} == "$ticks" && ${stat[0]} != [ZX] ]]; then fate=alive; else fate=gone; fi
}

# What /proc says of a process after its command's name, which may hold anything: its state, and as the twentieth word when
# it started, in ticks since the machine's start.
stat_of() {
  local line
  { line=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
  printf '%s' "${line##*) }"
}

machine='' namespace=''
read_machine() {
  { machine=$(</proc/sys/kernel/random/boot_id); } 2>/dev/null || machine=unknown
  local link
  link=$(readlink /proc/self/ns/pid 2>/dev/null) || link=unknown
  namespace=$link
}

who='' lock_words=()
take_lock() {
  local image=$1 line holder holder_by its_environment fate other
  local -a stat
  read_machine
  read -r -a stat <<<"$(stat_of $$)"
  holder="{\"by\":$(json "$who"),\"host\":\"$machine\",\"pidns\":\"$namespace\",\"pid\":$$,\"startTicks\":${stat[19]:-0},\"since\":\"$(now)\"}"
  lock_words=(create --name "$lock" --label "hot-deploy.lock=$environment" --label "hot-deploy.run=$run"
    --label "hot-deploy.holder=$holder" --network none --entrypoint hot-deploy-lock)
  # What the image says of its containers would be said of this one: it would be counted among them, and routed to.
  if engine image inspect --format '{{range $key, $value := .Config.Labels}}{{printf "% x" $key}}
{{end}}' "$image"; then
    while IFS= read -r line; do
      decode "$line"
      [[ -z $decoded || $decoded == *=* ]] || lock_words+=(--label "$decoded=")
    done <"$work/said"
  fi
  lock_words+=("$image")
  show "${lock_words[@]}"
  [[ -z $dry ]] || return 0
  taking=yes
  local since=$SECONDS watched='' last='' beaten='' silent=0 looked=$SECONDS told='' failed=0 now waited
  while :; do
    if engine "${lock_words[@]}"; then
      lock_id=$(said)
      beat "$lock_id" &
      beating=$!
      return 0
    fi
    complaint >"$work/refusal"
    list || return 1
    other=${ids[$lock]-}
    if [[ -z $other ]]; then
      # It may just have been given back.
      failed=$((failed + 1))
      ((failed < 5)) || {
        say "the lock $lock could not be made: $(<"$work/refusal")"
        return 1
      }
      continue
    fi
    read_holder "$other" || continue
    [[ $its_environment == "$environment" ]] || {
      say "$lock is the name of the lock on $environment, and belongs to a container that is no lock: look at what it is"
      return 1
    }
    fate "$holder"
    if [[ $fate == unknown ]]; then
      now=$(beat_of "$other")
      if [[ $watched != "$other" ]]; then
        beaten='' silent=0
      elif [[ $last != "$now" ]]; then
        beaten=yes silent=0
      else
        # A time in which nobody looked is no silence.
        waited=$((SECONDS - looked))
        silent=$((silent + (waited < 3 ? waited : 3)))
      fi
      watched=$other last=$now looked=$SECONDS
    fi
    if [[ $fate == gone ]] || { [[ $fate == unknown ]] && ((silent >= 15)); }; then
      say "$holder_by held $lock and is gone: taking it over"
      # By its id: two that take it over cannot remove each other's new one.
      engine rm --force --volumes "$other" || true
      continue
    fi
    waited=$((SECONDS - since))
    if ((waited >= lock_timeout)) && { [[ $fate == alive ]] || { [[ -n $beaten ]] && ((silent < 6)); } || ((waited >= lock_timeout + 18)); }; then
      say "somebody else deploys to $environment just now: $holder_by. Wait until that has ended, or give --lock-timeout longer; if you are sure that it has ended: docker rm $lock"
      return 1
    fi
    [[ $told == "$other" ]] || say "waiting for the lock on $environment: $holder_by has it"
    told=$other
    pause 0.5
  done
}

give_lock_back() {
  [[ -z $beating ]] || {
    kill -KILL -- "-$beating" || kill -KILL "$beating"
    wait "$beating"
  } >/dev/null 2>&1 || true
  beating=
  [[ -z $dry || ${#lock_words[@]} == 0 ]] || show rm --force --volumes "$lock"
  # By its name and this run's id: a signal may have come between its creation and the answer, or it was made anew since.
  if [[ -n $taking ]] && list && [[ -n ${ids[$lock]-} ]] &&
    engine inspect --type container --format '{{.Id}} {{with .Config.Labels}}{{with index . "hot-deploy.run"}}{{.}}{{end}}{{end}}' "${ids[$lock]}" &&
    [[ $(said) == "${ids[$lock]} $run" ]]; then
    engine rm --force --volumes "${ids[$lock]}" || say "$lock could not be removed: $(complaint)"
  fi
}
