# --- the lock: a container that is created and never started; names are unique on an engine ---

lock_id='' beating='' taking=''
# What it is called once it was given back.
journal=${lock/-lock-/-journal-}

# Whoever holds the lock shows by another content of this file, every few seconds, that it lives. If somebody prunes it
# away, it is made anew with all that was written down; $work/lock tells which it is. If it was taken from this run,
# $work/lost tells why.
beat() {
  local count=0 its_lock=$1 name since=$SECONDS
  while kill -0 "$$" 2>/dev/null && [[ ! -e $work/lost ]]; do
    count=$((count + 1))
    printf '%s %s\n' "$run" "$count" >"$work/beat"
    if name=$(timeout 60 docker inspect --type container --format '{{.Name}}' "$its_lock" </dev/null 2>&1); then
      [[ $name == "/$lock" ]] || lost 'was taken over by another run, since this one had not shown that it lives'
      if [[ $its_lock != "$(<"$work/lock")" ]]; then
        put_journal "$its_lock" </dev/null >/dev/null 2>&1 || continue
        printf '%s' "$its_lock" >"$work/lock.next"
        mv "$work/lock.next" "$work/lock"
        say "somebody removed $lock, the lock of this run: it was taken again, and the run goes on." \
          "Keep \`docker container prune\` from it by --filter 'label!=$lock_label'"
      fi
      ! docker cp "$work/beat" "$its_lock:/heartbeat-${its_lock:0:12}" </dev/null >/dev/null 2>&1 ||
        since=$SECONDS
    elif [[ $name == *[Nn]o\ such* ]]; then
      # Others may have held it since.
      ((SECONDS - since < silent_for)) || lost "was lost: this run stood still for $((SECONDS - since)) s"
      its_lock=$(docker "${lock_words[@]}" </dev/null 2>"$work/refused") || {
        its_lock=$(<"$work/lock")
        ! timeout 60 docker inspect --type container "$lock" </dev/null >/dev/null 2>&1 ||
          lost 'was removed while this run held it, and another has it now'
        pause 0.2
      }
      continue
    fi
    pause "$beat_every"
  done
}

# Of the beat.
lost() {
  printf '%s' "$1" >"$work/lost"
  kill -TERM "$$"
  exit
}

# Asked right before each change: whether this run still holds the lock. Where it does not, or that is not to be found
# out, nothing may be changed any more.
held() {
  local until=$((SECONDS + 30))
  [[ -n $opened ]] || return 0
  while [[ ! -e $work/lost ]]; do
    lock_id=$(<"$work/lock")
    if engine inspect --type container --format '{{.Name}}' "$lock_id"; then
      [[ $(said) != "/$lock" ]] || return 0
      printf 'was taken over by another run' >"$work/lost"
    elif is_missing && ((SECONDS < until)); then
      # The beat makes it anew.
      pause 0.2
    else
      fail "whether this run still holds $lock is not to be found out: $(complaint)" || return 1
    fi
  done
  lose
}

lose() {
  local code=1
  trap '' INT TERM HUP PIPE
  trap - EXIT ERR
  set +e
  say "the lock on $environment $(<"$work/lost"): this run changes nothing more, not even back." \
    "What it has begun, the next run finishes or undoes"
  ((${#begun[@]} == 0)) && ! compgen -G "$work/anew.*" >/dev/null || code=4
  clean_up
  exit "$code"
}

beat_of() {
  ! plain_file "$1" "/heartbeat-${1:0:12}" || printf '%s' "$content"
}

# `read_holder ID`: whose lock it is, of which run, and of which environment.
read_holder() {
  local format
  format="$(label "$run_label") $(label "$holder_label")"$'\n'"$(label "$lock_label")"
  engine inspect --type container --format "$format" "$1" || return 1
  {
    IFS=' ' read -r its_run holder
    IFS= read -r its_environment
  } <"$work/said"
  holder_by=$holder
  [[ ! $holder =~ \"by\":\"([^\"]*)\" ]] || holder_by=${BASH_REMATCH[1]}
  [[ ! $holder =~ \"since\":\"([^\"]*)\" ]] || holder_by+=" (since ${BASH_REMATCH[1]})"
}

# `fate HOLDER`: in the same process namespace of the same machine the holder's process tells at once whether it is
# gone.
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

# What /proc says of a process after its command's name, which may hold anything: its state, and as the twentieth word
# when it started, in ticks since the machine's start.
stat_of() {
  local line
  { line=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
  printf '%s' "${line##*) }"
}

machine='' namespace=''
read_machine() {
  { machine=$(</proc/sys/kernel/random/boot_id); } 2>/dev/null || machine=unknown
  namespace=$(readlink /proc/self/ns/pid 2>/dev/null) || namespace=unknown
}

who='' lock_words=()
take_lock() {
  local image=$1 kind line holder holder_by its_environment its_run fate other
  local -a stat
  read_machine
  read -r -a stat <<<"$(stat_of $$)"
  holder="{\"by\":$(json "$who"),\"host\":\"$machine\",\"pidns\":\"$namespace\",\"pid\":$$"
  holder+=",\"startTicks\":${stat[19]:-0},\"since\":\"$(now)\"}"
  lock_words=(create --name "$lock" --label "$lock_label=$environment" --label "$run_label=$run"
    --label "$holder_label=$holder" --network none --entrypoint hot-deploy-lock)
  # What the image says of its containers would be said of this one: it would be counted among them, and routed to.
  # And its volumes would be made, and stay.
  if engine image inspect --format '{{range $key, $value := .Config.Labels}}label {{printf "% x" $key}}
{{end}}{{range $key, $value := .Config.Volumes}}tmpfs {{printf "% x" $key}}
{{end}}' "$image"; then
    while read -r kind line; do
      decode "$line"
      case $kind in
      label) [[ -z $decoded || $decoded == *=* ]] || lock_words+=(--label "$decoded=") ;;
      tmpfs) lock_words+=(--tmpfs "$decoded") ;;
      esac
    done <"$work/said"
  fi
  lock_words+=("$image")
  show "${lock_words[@]}"
  [[ -z $dry ]] || return 0
  taking=yes
  local since=$SECONDS watched='' heard='' beaten='' silent=0 looked=$SECONDS told='' failed=0 now waited
  while :; do
    if engine "${lock_words[@]}"; then
      lock_id=$(said)
      printf '%s' "$lock_id" >"$work/lock"
      open_journal || return 1
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
    [[ $its_environment == "$environment" && -n $its_run && -n $holder ]] ||
      fail "$lock is the name of the lock on $environment, and of a container that is no lock: look at it" || return 1
    fate "$holder"
    if [[ $fate == unknown ]]; then
      now=$(beat_of "$other")
      if [[ $watched != "$other" ]]; then
        beaten='' silent=0
      elif [[ $heard != "$now" ]]; then
        beaten=yes silent=0
      else
        # A time in which nobody looked is no silence.
        waited=$((SECONDS - looked))
        silent=$((silent + (waited < look_counts ? waited : look_counts)))
      fi
      watched=$other heard=$now looked=$SECONDS
    fi
    if [[ $fate == gone ]] || { [[ $fate == unknown ]] && ((silent >= silent_for)); }; then
      say "$holder_by held $lock and is gone: taking it over"
      # By its id: what has the name by now may be the lock of another who saw the same.
      engine rename "$other" "$journal-${other:0:8}" || {
        complaint >"$work/refusal"
        list || return 1
        [[ ${ids[$lock]-} != "$other" ]] || {
          say "$lock could not be taken over: $(<"$work/refusal")"
          return 1
        }
      }
      continue
    fi
    waited=$((SECONDS - since))
    if ((waited >= lock_timeout)) && { [[ $fate == alive ]] || { [[ -n $beaten ]] &&
      ((silent < 2 * beat_every)); } || ((waited >= lock_timeout + silent_for + beat_every)); }; then
      fail "somebody else deploys to $environment just now: $holder_by. Wait until that has ended, or give" \
        "--lock-timeout longer; if it has ended for sure: docker rename $lock $journal-${other:0:8}" || return 1
    fi
    [[ $told == "$other" ]] || say "waiting for the lock on $environment: $holder_by has it"
    told=$other
    pause "$look_every"
  done
}

give_lock_back() {
  end_child "$beating"
  [[ -z $dry || ${#lock_words[@]} == 0 ]] || show rename "$lock" "$journal-ID_OF_THAT_CONTAINER"
  # By its name and this run's id: a signal may have come between its creation and the answer, or it was made anew
  # since.
  if [[ -n $taking ]] && list && [[ -n ${ids[$lock]-} ]] &&
    engine inspect --type container --format "$(label "$run_label")" "${ids[$lock]}" && [[ $(said) == "$run" ]]; then
    if [[ -n $opened ]] && compgen -G "$work/journal/*.json" >/dev/null; then
      engine rename "${ids[$lock]}" "$journal-${ids[$lock]:0:8}"
    else
      engine rm --force --volumes "${ids[$lock]}"
    fi || say "$lock could not be given back: $(complaint)." \
      "docker rename $lock $journal-${ids[$lock]:0:8} frees it by hand"
  fi
}
