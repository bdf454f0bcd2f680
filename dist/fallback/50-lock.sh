# --- the lock: a container that is created and never started; names are unique on an engine ---

beating='' lock_words=()
# What it is called once it was given back.
journal=${lock/-lock-/-journal-}

take_lock() {
  local kind line other its_holder its_environment its_run its_state
  local seen='' told='' looked=$SECONDS since=$SECONDS skipped=0 clock=0 changed=0 beats=0 waited
  lock_words=(create --name "$lock" --label "$lock_label=$environment" --label "$run_label=$run" --label
    "$holder_label={\"by\":$(json "$who"),\"since\":\"$(now)\"}" --network none --entrypoint hot-deploy-lock)
  # What the image says of its containers would be said of this one: it would be counted among them, and routed to.
  # And its volumes would be made, and stay.
  engine image inspect --format '{{range $key, $value := .Config.Labels}}label {{printf "% x" $key}}
{{end}}{{range $key, $value := .Config.Volumes}}tmpfs {{printf "% x" $key}}
{{end}}' "$1" || : >"$work/said"
  while read -r kind line; do
    decode "$line"
    [[ $kind != label || $decoded == *=* ]] || lock_words+=(--label "$decoded=")
    [[ $kind != tmpfs ]] || lock_words+=(--tmpfs "$decoded")
  done <"$work/said"
  lock_words+=("$1")
  show "${lock_words[@]}"
  [[ -z $dry ]] || return 0
  until engine "${lock_words[@]}"; do
    complaint >"$work/refusal"
    list
    other=${ids[$lock]-}
    if [[ -z $other ]] || ! read_holder "$other" || [[ $its_state =~ ^(removing|dead)$ ]]; then
      # It may just have been given back.
      ((++beats < 5)) || fail "the lock $lock could not be made: $(<"$work/refusal")"
      continue
    fi
    [[ $its_environment == "$environment" && -n $its_run && -n $its_holder && $its_state == created ]] ||
      fail "$lock is the name of the lock on $environment, and of a container that is no lock: look at it"
    # Whoever holds it leaves another heartbeat every few seconds: of one that was killed a last one may still come. A
    # time in which nobody looked is no silence.
    plain_file "$other" "/heartbeat-${other:0:12}" || content=''
    ((SECONDS - looked <= look_counts)) || skipped=$((skipped + SECONDS - looked - look_counts))
    looked=$SECONDS clock=$((SECONDS - skipped))
    [[ ${seen%% *} == "$other" ]] || beats=-1
    [[ $seen == "$other $content" ]] || beats=$((beats + 1)) changed=$clock
    seen="$other $content"
    if ((clock - changed >= silent_for)); then
      say "$its_holder held $lock and is gone: taking it over"
      # By its id: what has the name by now may be the lock of another who saw the same.
      engine rename "$other" "$journal-${other:0:8}" || { list && [[ ${ids[$lock]-} != "$other" ]]; } ||
        fail "$lock could not be taken over by renaming it"
      continue
    fi
    waited=$((clock - since - lock_timeout))
    ((waited < 0 || (beats < 2 && waited < silent_for + 3 * heartbeat_every))) ||
      fail "somebody else deploys to $environment just now: $its_holder. Wait until that has ended, or give" \
        "--lock-timeout longer; if it has ended for sure: docker rename $lock $journal-${other:0:8}"
    [[ $told == "$other" ]] || say "waiting for the lock on $environment: $its_holder has it"
    told=$other
    pause "$look_every"
  done
  said >"$work/lock"
  open_journal
  heartbeat &
  beating=$!
}

# `read_holder ID`: whose lock it is, of which run, and of which environment.
read_holder() {
  local format holder
  format="{{.State.Status}}|$(label "$run_label")|$(label "$lock_label")|$(label "$holder_label")"
  engine inspect --type container --format "$format" "$1" || return 1
  IFS='|' read -r its_state its_run its_environment holder <"$work/said"
  holder=${holder//[[:cntrl:]]/ }
  member since "$holder"
  its_holder=${value:+ (since $value)}
  member by "$holder"
  its_holder=$value$its_holder
}

# `in_lock NAME`: where something of that name lies in the lock's container, as `docker cp` calls it.
in_lock() {
  local id
  id=$(<"$work/lock")
  printf '%s:/%s-%s' "$id" "$1" "${id:0:12}"
}

# In the background: every few seconds something that was not there before.
heartbeat() {
  while kill -0 "$$" 2>/dev/null; do
    printf '%s %s\n' "$run" "$SECONDS" >"$work/heartbeat"
    ! docker cp "$work/heartbeat" "$(in_lock heartbeat)" </dev/null >/dev/null 2>&1 ||
      printf '%s' "$SECONDS" >"$work/beaten"
    pause "$heartbeat_every"
  done
}

# Asked right before each change: whether this run still holds the lock. Where it does not, or that is not to be found
# out, nothing may be changed any more. If somebody pruned it away, it is made anew with all that was written down.
held() {
  [[ -n $opened ]] || return 0
  [[ ! -e $work/lost ]] || exit 1
  local beaten=0
  if engine inspect --type container --format '{{.Name}}' "$(<"$work/lock")"; then
    [[ $(said) == "/$lock" ]] || lose 'was taken over by another run'
    return 0
  fi
  is_missing || fail "whether this run still holds $lock is not to be found out: $(complaint)" || return 1
  [[ ! -e $work/beaten ]] || beaten=$(<"$work/beaten")
  # Others may have held it since.
  ((SECONDS - beaten < silent_for)) || lose "was lost: this run stood still for $((SECONDS - beaten)) s"
  engine "${lock_words[@]}" || lose 'was removed while this run held it, and another has it now'
  said >"$work/lock"
  put_journal
  say "somebody removed $lock, the lock of this run: it was taken again, and the run goes on." \
    "Keep \`docker container prune\` from it by --filter 'label!=$lock_label'"
}

lose() {
  printf '%s' "$1" >"$work/lost"
  exit 1
}

# By its name and this run's id: a signal may have come between its creation and the answer, or it was made anew since.
give_lock_back() {
  local own name=$journal-ID_OF_THAT_CONTAINER
  ((${#lock_words[@]})) || return 0
  [[ -z $dry ]] || show rename "$lock" "$name"
  list && own=${ids[$lock]-} && [[ -n $own && -z $dry ]] &&
    engine inspect --type container --format "$(label "$run_label")" "$own" && [[ $(said) == "$run" ]] || return 0
  name=$journal-${own:0:8}
  if [[ -n $opened ]] && compgen -G "$work/journal/*.json" >/dev/null; then
    engine rename "$own" "$name"
  else
    engine rm --force --volumes "$own"
  fi || say "$lock could not be given back: $(complaint). docker rename $lock $name frees it by hand"
}
