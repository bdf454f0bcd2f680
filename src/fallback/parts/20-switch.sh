# --- the switch. The containers' names say how far it came, and the journal, whose they are ---
#
#   NAME.hot-deploy-new-ID       the next one, before it has the name
#   NAME.hot-deploy-old-ID       the one that ran (ID is the beginning of its id), while the next one has the name
#   NAME.hot-deploy-previous-ID  kept, stopped, for a rollback
#
# Where a kept one takes the place, its own ID stands behind that of the one that ran.

# Those that are to be made final or taken back, in which way; from `settling` on there is only forward.
begun=() way=restart settling='' unsettled='' moving='' meant_before='' recovering=''
declare -A sick=()

deploy_one() {
  local name=$1 mark next use path
  source_id=''
  # Twice, since what it says of volumes is asked of the container that runs.
  settings_of "$name"
  look_at "$name"
  read_volumes
  settings_of "$name"
  read_environment "$name"
  for path in "${unsaid[@]}"; do say "$name: $path"; done
  use=$(name_of_image)
  if [[ -z $source_id ]]; then
    [[ " ${!ids[*]}" != *" $name.hot-deploy-old-"* ]] ||
      fail "there is no container $name, and one that may have to have the name"
    say "$name is not there: it is made anew"
    create "$name" "$use" "$image_id"
    change start "$made"
    watch "$made" "$soak"
    return
  fi
  # What cannot be read may be another release than the image's.
  was_loaded_hot "$source_id" || loaded_hot=yes
  ! is_cut_off "$name" || say "$name: $cut_off; a new container takes its place"
  if [[ -z $again && -z $dry && -z $cut_off && -z $loaded_hot && $source_image == "$image_id" ]]; then
    say "$name runs $use already"
    return
  fi
  mark=${source_id:0:12}
  undertake "$name" "$mark" deploy recreate "$(version '' "$image_id" "$use")"
  [[ $source_auto_remove != true ]] || create "$name.hot-deploy-old-$mark" "$source_image" "$source_image"
  create "$name.hot-deploy-new-$mark" "$use" "$image_id"
  next=$made
  for path in "${injected[@]}"; do
    show cp "$source_id:$path" "$next:$path"
    [[ -z $dry ]] || continue
    held
    plain_file "$source_id" "$path" || fail "$path cannot be brought along: $(complaint)"
    timeout -k 5 "$within" docker cp "$source_id:$path" - </dev/null | head -c 4200000 |
      docker cp - "$next:${path%/*}/"
  done
  say "$name: from $source_image to $image_id"
  intend "$name" "$(version "$(boots "$next" "$its_root")" "$image_id" "$use")"
  switch "$name" "$next" "$mark"
}

# The container that ran before, started again.
rollback_one() {
  local name=$1 back mark its_policy to to_reference
  settings_of "$name"
  look_at "$name" yes
  its_policy=$policy
  previous "$name"
  was_loaded_hot "$source_id"
  [[ -z $loaded_hot || -n $again ]] ||
    fail "$name was upgraded hot since it was started. A rollback goes back to the container before it, not to the" \
      "release before. For that, --force; for its own image, deploy --image $source_image."
  ((${#found[@]})) || fail "of $name no previous container is kept:" \
    "deploy the image that ran before, with deploy --image REFERENCE"
  back=${ids[${found[0]}]}
  mark=${source_id:0:12}${back:0:12}
  say "$name: back to ${found[0]}"
  facts "$back"
  to=$its_image to_reference=$its_reference
  undertake "$name" "$mark" rollback revive "$(version '' "$to" "$to_reference")" ",\"kept\":\"$back\""
  intend "$name" "$(version "$(boots "$back" "$its_root")" "$to" "$to_reference")"
  change rename "$back" "$name.hot-deploy-new-$mark"
  change update "--restart=$its_policy" "$back"
  switch "$name" "$back" "$mark"
}

# `undertake NAME MARK TASK WAY TO [MORE]`: the first step of a restart, if the names that it gives are free. A call of
# a killed run that was carried out after all leaves a container which was never started.
undertake() {
  local each
  for each in "$1.hot-deploy-new-$2" "$1.hot-deploy-old-$2" "$1.hot-deploy-previous-${2:0:12}"; do
    [[ -n ${ids[$each]-} ]] || continue
    is_known "$1" "${ids[$each]}" && facts "${ids[$each]}" && [[ $status == created ]] ||
      fail "the name $each is needed, and a container has it that hot-deploy has not made: look at it"
    change rm --volumes "${ids[$each]}"
  done
  its_root=''
  ! find_vm "$source_id" || its_root=$vm_root
  describe "$1" "$3" "$4" "$(version "$(boots "$source_id" "$its_root")" "$source_image" "$source_reference")" "${6-}"
  intend "$1" "$5"
  begun+=("$1")
  record "$1" create
}

# `switch NAME NEXT_ID MARK`: between `stop` and `start` nothing serves, and only two renames happen.
switch() {
  record "$1" stop
  change stop "$source_id"
  if [[ $source_auto_remove != true ]]; then
    change rename "$source_id" "$1.hot-deploy-old-$3"
  elif [[ -z $dry ]]; then
    await_absence "$source_id"
  fi
  change rename "$2" "$1"
  [[ -z $dry ]] || set -- "$1" "$1"
  change start "$2"
  watch "$2" "$soak"
}

settle_restart() {
  local each
  record "$1" settle || true
  detect "$1"
  [[ $state == none || $state == switched ]] || fail "$1 cannot be made final: its restart is $state"
  [[ $state == none ]] || act keep-old "$1"
  list
  previous "$1"
  # What runs is settled: that one stays longer than it was to, or that somebody has started one, is no reason to fail.
  for each in "${found[@]:$keep_previous}"; do change rm "$each" || true; done
  record "$1" 'done' || true
  ! facts "${ids[$1]-}" || say "$1 runs $its_reference"
}

undo_restart() {
  recall "$1" || true
  [[ $e_step != stop ]] || record "$1" restore || true
  bring undo "$1"
  record "$1" undone || true
}

# `look_at NAME [yes]`: what runs under a name, which may have to be there; refuses what could not be put right again.
look_at() {
  local host
  local -A values=()
  list
  source_id=${ids[$1]-} source_auto_remove=''
  [[ -n $source_id || -z ${2-} ]] || fail "there is no container $1"
  [[ -n $source_id ]] || return 0
  values_of "$source_id"
  facts "$source_id"
  source_auto_remove=$auto_remove source_image=$its_image source_reference=$its_reference
  # A label that is the image's own says nothing: whoever made that has written it.
  [[ -z $origin ]] || ! engine image inspect --format "$(label "$reference_label")" -- "$source_image" ||
    [[ $(said) != "$origin" ]] || origin=''
  source_origin=${origin:-$its_reference}
  [[ ! $source_origin =~ ^(sha256:)?[0-9a-f]{12,64}$ ]] || source_origin=''
  [[ $running == true && $status == running ]] ||
    fail "$1 is $status, and only a running container is re-created: start it, or remove it"
  [[ -z $swarm ]] || fail "$1 belongs to the Swarm service $swarm, which would replace it: update the service"
  [[ $health != unhealthy ]] || sick[$1]=1
  for host in "${lives_in[@]}"; do
    engine inspect --type container --format '{{.State.Running}}' "$host" && [[ $(said) == true ]] ||
      fail "$1 lives in the namespaces of container $host, which does not run: see to that first"
  done
}

# `found`: the previous objects of a container, the one that ran last first: those that the journal has put aside.
previous() {
  local each lines=''
  for each in "${!ids[@]}"; do
    [[ $each == "$1.hot-deploy-previous-${ids[$each]:0:12}" ]] && is_known "$1" "${ids[$each]}" || continue
    ! facts "${ids[$each]}" || lines+="$ended $each"$'\n'
  done
  mapfile -t found < <(printf '%s' "$lines" | sort -r | cut -d ' ' -f 2)
}

# Whether a release was loaded hot into a container, which its own layer tells.
was_loaded_hot() {
  loaded_hot=''
  engine diff "$1" || fail "what was written in ${1:0:12} cannot be read: $(complaint)" || return 1
  ! grep -qE '^[^D] .*/releases/start_erl\.data$' "$work/said" || loaded_hot=yes
}

# One with --rm that has ended is removed by the engine, in its own time, and by nobody else meanwhile.
await_absence() {
  local until=$((SECONDS + removed_within))
  while engine inspect --type container "$1" || ! is_missing; do
    ((SECONDS < until)) ||
      fail "${1:0:12} was started with --rm, has ended, and the engine has not deleted it" || return 1
    pause 0.1
  done
}

# `watch ID SECONDS [STARTED]`: it has to become healthy by the engine's HEALTHCHECK, first asked after an interval, and
# stay so without end or restart for that time, as far as it was looked at: without a HEALTHCHECK for 2 s at least.
watch() {
  local -A values=()
  local since=${3-} until=0 well=0 least step last=$SECONDS
  while facts "$1" || fail "the container is gone: $(complaint)"; do
    since=${since:-$started} least=$((${#health} || $2 > 2 ? $2 : 2)) step=$((SECONDS - last)) last=$SECONDS
    ((until)) || until=$((SECONDS + health_timeout + interval / 1000000000))
    if [[ $running != true || $status == restarting || $started != "$since" || (-z ${3-} && $restarts != 0) ]]; then
      say "$own ended with exit code $exit_code, or was restarted" && break
    elif [[ -z $health || $health == healthy || -n ${sick[$own]-} ]]; then
      ((well += step < look_counts ? step : look_counts, well < least)) || return 0
    elif [[ $health == unhealthy ]] || ((SECONDS > until)); then
      say "the HEALTHCHECK of $own fails: it is $health" && break
    fi
    pause 0.5
  done
  values_of "$1" || true
  say "the end of its log:"
  timeout -k 5 "$within" docker logs --tail 20 "$1" </dev/null 2>&1 | tail -c 16384 >"$work/log" || true
  # What begins amid a word may be the end of a secret.
  (($(wc -c <"$work/log") < 16384)) || sed -i '1s/^[^[:space:]]*//' "$work/log"
  foreign <"$work/log" | tail -c 8192 >&2 || true
  return 1
}
