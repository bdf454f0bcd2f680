# --- the switch, and the way back. The containers' names say how far it came, and the journal, whose they are ---
#
#   NAME.hot-deploy-new-ID       the next one, before it has the name
#   NAME.hot-deploy-old-ID       the one that ran (ID is the beginning of its id), while the next one has the name
#   NAME.hot-deploy-previous-ID  kept, stopped, for a rollback
#
# Where a kept one takes the place, its own ID stands behind that of the one that ran.

begun=()
declare -A sick=()
settling=

# Takes a container out of the way: one that was kept from an earlier deploy is kept again, any other is removed. Never the volumes
# that have a name: the container that serves has them.
put_away() {
  facts "$2" || return 1
  if [[ $running == true ]]; then
    change stop "$id" || true
    facts "$2" || return 0
  fi
  if [[ $id == "$e_kept" ]]; then
    keep "$1" "$id"
  else
    change rm --force --volumes "$id" || await_absence "$id"
  fi
}

# Kept containers do not come up with the engine.
keep() {
  change update --restart=no "$2" && change rename "$2" "$1.hot-deploy-previous-$(short "$2")"
}

# `undo NAME`: puts back what ran, however far it came.
undo() {
  local name=$1 each old serving its_policy
  local -a coming=()
  list && read_entry "${last[$name]-}" || return 1
  serving=${ids[$name]-}
  if [[ -n $serving ]]; then
    belongs "$serving" || {
      say "another container has the name $name by now, and is left alone"
      return 0
    }
    facts "$serving" || return 1
    # The engine is about to remove it.
    if [[ $auto_remove == true && $running != true && $status != created ]]; then
      await_absence "$serving" || return 1
      serving=${ids[$name]-}
    fi
  fi
  those "$name" new
  coming=("${found[@]}")
  those "$name" old
  for each in "${found[@]}"; do
    old=${ids[$each]}
    if [[ $serving == "$e_id" ]]; then
      # This one was made to stand in for a container that its --rm would delete.
      change rm --force --volumes "$old" || return 1
      continue
    fi
    if [[ -n $serving ]]; then
      facts "$serving" || return 1
      its_policy=$policy
      # Before anything of the new one goes, since its policy may be the only place where the old one's stands; and a kept one
      # that has none yet has none to give.
      facts "$old" || return 1
      if [[ $auto_remove != true && ${policy:-no} == no && ${its_policy:-no} != no ]]; then
        change update "--restart=$its_policy" "$old" || return 1
      fi
      put_away "$name" "$serving" || return 1
    fi
    change rename "$old" "$name" || return 1
    serving=$old
  done
  for each in "${coming[@]}"; do
    if [[ -n $serving ]]; then
      put_away "$name" "${ids[$each]}" || return 1
    else
      # Nothing else is left of it.
      serving=${ids[$each]}
      change rename "$serving" "$name" || return 1
    fi
  done
  [[ -n $serving ]] || fail "there is no container $name" || return 1
  [[ -z $dry ]] || return 0
  facts "$serving" || return 1
  # What was not healthy before cannot be waited for, and of one that was never stopped it says nothing how it fared before.
  [[ $running != true ]] || return 0
  change start "$serving" || return 1
  [[ -n ${sick[$name]-} ]] || await_health "$serving"
}

# `settle NAME`: forward for good.
settle() {
  local name=$1 each
  list || return 1
  those "$name" old
  for each in "${found[@]}"; do
    facts "${ids[$each]}" || return 1
    # Compose would count a kept container as one of the service, and one with --rm is only a stand-in.
    if [[ -n $compose || $auto_remove == true ]]; then
      change rm "$each" || return 1
    else
      keep "$name" "$id" || return 1
      pretend "$name.hot-deploy-previous-$(short "$id")" "$id"
    fi
    unset "pretended[$each]"
  done
  list || return 1
  previous "$name"
  # What runs is settled: that one stays longer than it was to, or that somebody has started one, is no reason to stop here.
  for each in "${found[@]:$keep_previous}"; do change rm "$each" || true; done
}

# One with --rm that has ended is removed by the engine, in its own time, and by nobody else meanwhile.
await_absence() {
  local until=$((SECONDS + 60))
  while engine inspect --type container "$1" || ! is_missing; do
    ((SECONDS < until)) || return 1
    pause 0.1
  done
  list
}

# `switch NAME NEXT_ID MARK`: between `stop` and `start` nothing serves, and only two renames happen.
switch() {
  local name=$1 next=$2 mark=$3
  note "$name" stop || return 1
  change stop "$source_id" || return 1
  if [[ $source_auto_remove == true ]]; then
    [[ -n $dry ]] || await_absence "$source_id" || fail "$name was started with --rm, has ended, and the engine has not deleted it" || return 1
  else
    change rename "$source_id" "$name.hot-deploy-old-$mark" || return 1
    pretend "$name.hot-deploy-old-$mark" "$source_id"
  fi
  change rename "$next" "$name" || return 1
  [[ -z $dry ]] || next=$name
  change start "$next" && await_health "$next" && watch "$next"
}

# `look_at NAME [yes]`: what runs under a name, which may have to be there; refuses what could not be put right afterwards.
look_at() {
  local name=$1 host
  list || return 1
  source_id=${ids[$name]-}
  [[ -n $source_id || -n ${2-} ]] || return 0
  [[ -n $source_id ]] || fail "there is no container $name" || return 1
  facts "$source_id" || return 1
  source_auto_remove=$auto_remove source_image=$its_image source_reference=$its_reference source_origin=${origin:-$its_reference}
  [[ ! $source_origin =~ ^(sha256:)?[0-9a-f]{12,64}$ ]] || source_origin=''
  [[ $running == true && $status == running ]] || fail "$name is $status, and only a running container is re-created: start it, or remove it" || return 1
  [[ -z $swarm ]] || fail "$name belongs to the Swarm service $swarm, which would replace it: update the service" || return 1
  [[ -z $health || $health == healthy ]] || sick[$name]=1
  for host in "${lives_in[@]}"; do
    if ! engine inspect --type container --format '{{.State.Running}}' "$host" || [[ $(said) != true ]]; then
      fail "$name lives in the namespaces of container $host, which does not run: see to that first" || return 1
    fi
  done
}

# What it is that runs there, for the journal.
runs() { version "$(boots "$source_id" "${root_of[$name]}")" "$source_image" "$source_reference"; }

# `need NAME MARK`: the names that a restart gives are free. A call of a killed run that was carried out after all leaves a container
# which was never started.
need() {
  local each
  for each in "$1.hot-deploy-new-$2" "$1.hot-deploy-old-$2" "$1.hot-deploy-previous-${2:0:12}"; do
    [[ -n ${ids[$each]-} ]] || continue
    is_known "$1" "${ids[$each]}" && facts "${ids[$each]}" && [[ $status == created ]] && change rm --volumes "$id" && continue
    fail "the name $each is needed, and a container has it that hot-deploy has not made: look at it, then remove or rename it" || return 1
  done
}

# What stops short of being like the one that runs.
warn() {
  local each
  for each in "${unsaid[@]}"; do say "$1: $each"; done
}

deploy_one() {
  local name=$1 mark next use path
  source_id='' source_auto_remove=''
  # Twice, since what it says of volumes is asked of the container that runs.
  settings_of "$name"
  look_at "$name" || return 1
  read_volumes || return 1
  settings_of "$name"
  read_environment "$name" || return 1
  warn "$name"
  use=$(name_for_image)
  if [[ -z $source_id ]]; then
    [[ " ${!ids[*]}" != *" $name.hot-deploy-old-"* ]] || fail "there is no container $name, and one that may have to have the name" || return 1
    say "$name is not there: it is made anew"
    create "$name" "$use" "$image_id" && change start "$made" && await_health "$made" && watch "$made"
    return
  fi
  # What cannot be read may be another release than the image's.
  was_loaded_hot "$source_id" || loaded_hot=yes
  ! is_cut_off "$name" || say "$name: $cut_off; a new container takes its place"
  if [[ -z $again && -z $dry && -z $cut_off && -z $loaded_hot && $source_image == "$image_id" ]]; then
    say "$name runs $use already"
    return 0
  fi
  mark=$(short "$source_id")
  need "$name" "$mark" || return 1
  begin "$name" "$source_id"
  undertake "$name" deploy recreate "$(runs)" "$(version '' "$image_id" "$use")"
  begun+=("$name")
  note "$name" create || return 1
  if [[ $source_auto_remove == true ]]; then
    create "$name.hot-deploy-old-$mark" "$source_image" "$source_image" || return 1
  fi
  create "$name.hot-deploy-new-$mark" "$use" "$image_id" || return 1
  next=$made
  undertake "$name" deploy recreate "$(runs)" "$(version "$(boots "$next" "${root_of[$name]}")" "$image_id" "$use")"
  for path in "${injected[@]}"; do
    show cp "$source_id:$path" "$next:$path"
    [[ -z $dry ]] || continue
    held || return 1
    plain_file "$source_id" "$path" || fail "$path cannot be brought along: $(complaint)" || return 1
    timeout -k 5 "$within" docker cp "$source_id:$path" - </dev/null | head -c 4200000 | docker cp - "$next:${path%/*}/" || return 1
  done
  say "$name: from $source_image to $image_id"
  switch "$name" "$next" "$mark"
}

# The container that ran before, started again.
rollback_one() {
  local name=$1 back mark its_policy
  settings_of "$name"
  look_at "$name" yes || return 1
  its_policy=$policy
  previous "$name"
  was_loaded_hot "$source_id" || return 1
  if [[ -n $loaded_hot ]]; then
    say "$name was upgraded hot since it was started. A rollback goes back to the container before it, not to the release before."
    [[ -n $again ]] || fail "For that, --force; for the image that it was started from, deploy --image $source_image." || return 1
  fi
  ((${#found[@]})) || fail "of $name no previous container is kept: deploy the image that ran before, with deploy --image REFERENCE" || return 1
  back=${ids[${found[0]}]}
  mark=$(short "$source_id")$(short "$back")
  say "$name: back to ${found[0]}"
  need "$name" "$mark" && facts "$back" || return 1
  begin "$name" "$source_id"
  undertake "$name" rollback revive "$(runs)" "$(version "$(boots "$back" "${root_of[$name]}")" "$its_image" "$its_reference")" ",\"kept\":\"$back\""
  begun+=("$name")
  note "$name" create || return 1
  change rename "$back" "$name.hot-deploy-new-$mark" || return 1
  change update "--restart=$its_policy" "$back" || return 1
  switch "$name" "$back" "$mark"
}

# Where there was no container, there is none again.
unmake() {
  local each name made code=0
  for each in "$work"/anew.*; do
    [[ -e $each ]] || continue
    name=${each##*/anew.}
    made=$(<"$each")
    made=${made##*$'\n'}
    if [[ -z $made ]]; then
      # The answer may have been lost: one of this image that never ran is ours, as there was none of its name.
      list || return 1
      [[ -n ${ids[$name]-} ]] || continue
      facts "${ids[$name]}" || continue
      [[ $status == created && $its_image == "$image_id" ]] || continue
      made=$id
    fi
    say "$name: there was none, and it is removed again"
    change rm --force --volumes "$made" || await_absence "$made" || code=1
  done
  return "$code"
}

# `go_back NAME...`: each, and what became of it in the exit code: 3 where all serve again, else 4.
go_back() {
  local name at code=3
  for ((at = $#; at > 0; at--)); do
    name=${!at}
    say "$name: going back"
    read_entry "${last[$name]-}" || true
    [[ $e_step != stop ]] || note "$name" restore || true
    if undo "$name"; then
      note "$name" undone || true
    else
      code=4
      say "$name could not be put back. Check the container"
      ! engine ps --all --filter "name=^/$name" --format '{{.Names}}: {{.Status}}' || say "$(said)"
    fi
  done
  return "$code"
}

# --- what an earlier run has left half-way: forward where its whole fleet had come through, else back ---

# `is_cut_off NAME`: its last run did not end, and something of it is there: what has the name, or stands beside it.
is_cut_off() {
  cut_off=''
  read_entry "${last[$1]-}" && [[ $e_step != 'done' && $e_step != undone ]] || return 1
  those "$1" '???'
  if ((${#found[@]} == 0)); then
    [[ -n ${ids[$1]-} ]] && belongs "${ids[$1]}" || return 1
  fi
  cut_off="an earlier run was cut off at the step $e_step"
}

is_in_restart() { is_cut_off "$1" && [[ ${#found[@]} != 0 || $e_way == re[cv]* ]]; }

# Fills `half` with all targets of the runs that have left one of this script's containers half-way. What was being upgraded hot,
# and nothing else, only its bundle brings to an end.
unfinished() {
  local name
  local -A runs=()
  [[ -n $opened ]] || read_journal || return 1
  list || return 1
  half=()
  for name in "${names[@]}"; do
    ! is_in_restart "$name" || runs[$e_run]=yes
  done
  for name in "${!last[@]}"; do
    ! is_in_restart "$name" || [[ -z ${runs[$e_run]-} ]] || half+=("$name")
  done
  tell_strangers
}

# The engine carries a stop out also where whoever asked for it is gone: what still runs may end yet, and is to be started again.
await_stop() {
  local until patience=10
  # The way back may have been begun before the stop was done.
  [[ -n ${ids[$1]-} && ($e_step == stop || $e_step == restore) ]] || return 0
  those "$1" new
  ((${#found[@]})) && facts "${ids[$1]}" && [[ $running == true ]] || return 0
  if engine inspect --type container --format '{{with index .Config "StopTimeout"}}{{.}}{{end}}' "${ids[$1]}" && [[ $(said) =~ ^[0-9]{1,5}$ ]]; then
    patience=$((10#$(said)))
  fi
  say "$1: it may have been told to end, so it is looked at for $((patience + 1)) s"
  until=$((SECONDS + patience + 1))
  while facts "${ids[$1]}" && [[ $running == true ]] && ((SECONDS <= until)); do pause 0.2; done
}

# `resume NAME`: brings one to the side to which its whole run goes.
resume() {
  local name=$1 side=undone serving=${ids[$1]-}
  is_cut_off "$name" || return 0
  undertaking[$name]=$e_details
  [[ -z ${forward[$e_run]-} ]] || side='done'
  if ((${#found[@]} == 0)); then
    facts "$serving" || return 1
    [[ $serving != "$e_id" && ($e_from != *"\"$its_image\""* || $e_to == *"\"$its_image\""*) ]] || side=undone
    [[ $running == true ]] || change start "$serving" || return 1
    await_health "$serving" || return 1
  elif [[ $side == undone ]]; then
    await_stop "$name"
    undo "$name" || return 1
  elif ! finish "$name"; then
    undo "$name" && say "$name: what was to take its place did not come up, and what ran before was started again"
    return 1
  fi
  note "$name" "$side" || true
  say "$name: its deploy is ${side/#done/finished}"
}

# What took the place serves, and what it took it of is kept.
finish() {
  local serving=${ids[$1]-}
  those "$1" new
  [[ -n $serving && $serving != "$e_id" && ${#found[@]} == 0 ]] && facts "$serving" || return 1
  [[ $running == true ]] || change start "$serving" || return 1
  await_health "$serving" && settle "$1"
}

# Each is tried, whatever came of the others.
recover() {
  local name code=0
  unfinished || return 1
  ((${#half[@]} == 0)) || say "an earlier run was cut off at ${half[*]}"
  for name in "${half[@]}"; do
    if ! list || ! resume "$name"; then
      code=1
      say "$name could not be recovered. Check the container"
    fi
  done
  return "$code"
}
