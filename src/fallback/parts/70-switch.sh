# --- the switch, and the way back. The containers' names say how far it came: whoever runs this next reads them ---
#
#   NAME.hot-deploy-new-ID       the next one, before it has the name
#   NAME.hot-deploy-old-ID       the one that ran (ID is the beginning of its id), while the next one has the name
#   NAME.hot-deploy-previous-ID  kept, stopped, for a rollback
#
# Where a kept one takes the place, its own ID stands behind that of the one that ran.

begun=()
declare -A sick=()
settling=

# Takes a container out of the way: one that was kept from an earlier deploy, whose id begins with $2, is kept again, any
# other is removed. Never the volumes that have a name: the container that serves has them.
put_away() {
  local name=$1 kept=$2
  facts "$3" || return 1
  if [[ $running == true ]]; then
    change stop "$id" || true
    facts "$3" || return 0
  fi
  if [[ -n $kept && $(short "$id") == "$kept" ]]; then
    keep "$name" "$id"
  else
    change rm --force --volumes "$id"
  fi
}

# Kept containers do not come up with the engine.
keep() {
  change update --restart=no "$2" && change rename "$2" "$1.hot-deploy-previous-$(short "$2")"
}

# `undo NAME`: puts back what ran, however far it came.
undo() {
  local name=$1 each mark original old
  list || return 1
  [[ -z ${ids[$name]-} ]] || original=${ids[$name]}
  those "$name" old
  for each in "${found[@]}"; do
    mark=${each##*-} old=${ids[$each]}
    if [[ -n ${original-} && $(short "$original") == "${mark:0:12}" ]]; then
      # It still has its name: this one was made to stand in for a container that its --rm would delete.
      change rm --force --volumes "$old" || return 1
      continue
    fi
    if [[ -n ${original-} ]]; then
      facts "$original" || return 1
      local its_policy=$policy
      # Before anything of the new one goes, since its policy may be the only place where the old one's stands; and a kept one
      # that has none yet has none to give.
      facts "$old" || return 1
      if [[ $auto_remove != true && ${policy:-no} == no && ${its_policy:-no} != no ]]; then
        change update "--restart=$its_policy" "$old" || return 1
      fi
      put_away "$name" "${mark:12}" "$original" || return 1
    fi
    change rename "$old" "$name" || return 1
    original=$old
  done
  those "$name" new
  for each in "${found[@]}"; do
    if [[ -z ${original-} ]]; then
      # Nothing else is left of it.
      original=${ids[$each]}
      change rename "$original" "$name" || return 1
      continue
    fi
    mark=${each##*-}
    put_away "$name" "${mark:12}" "${ids[$each]}" || return 1
  done
  [[ -n ${original-} ]] || {
    say "there is no container $name"
    return 1
  }
  [[ -z $dry ]] || return 0
  facts "$original" || return 1
  # What was not healthy before cannot be waited for, and of one that was never stopped it says nothing how it fared before.
  [[ $running != true ]] || return 0
  change start "$original" || return 1
  [[ -n ${sick[$name]-} ]] || await_health "$original"
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
  local each there until=$((SECONDS + 60))
  while ((SECONDS < until)); do
    list || return 1
    there=''
    for each in "${ids[@]}"; do [[ $each != "$1" ]] || there=yes; done
    [[ -n $there ]] || return 0
    pause 0.1
  done
  return 1
}

# `switch NAME NEXT_ID MARK`: between `stop` and `start` nothing serves, and only two renames happen.
switch() {
  local name=$1 next=$2 mark=$3
  note "$name" stop "$source_id" || return 1
  carry_ledger "$name" "$source_id" "$next"
  change stop "$source_id" || return 1
  if [[ $source_auto_remove == true ]]; then
    [[ -n $dry ]] || await_absence "$source_id" || {
      say "$name was started with --rm, has ended, and the engine has not deleted it"
      return 1
    }
  else
    change rename "$source_id" "$name.hot-deploy-old-$mark" || return 1
    pretend "$name.hot-deploy-old-$mark" "$source_id"
  fi
  change rename "$next" "$name" || return 1
  [[ -z $dry ]] || next=$name
  change start "$next" && await_health "$next" && watch "$next"
}

# Says what runs under a name, and refuses what could not be put right afterwards.
look_at() {
  local name=$1 host
  list || return 1
  source_id=${ids[$name]-}
  [[ -n $source_id ]] || return 0
  facts "$source_id" || return 1
  source_auto_remove=$auto_remove source_image=$its_image source_reference=$its_reference
  [[ $running == true && $status == running ]] || {
    say "$name is $status, and only a running container is re-created: start it, or remove it"
    return 1
  }
  [[ -z $swarm ]] || {
    say "$name belongs to the Swarm service $swarm, which would replace it: update the service"
    return 1
  }
  [[ -z $health || $health == healthy ]] || sick[$name]=1
  for host in "${lives_in[@]}"; do
    if ! engine inspect --type container --format '{{.State.Running}}' "$host" || [[ $(said) != true ]]; then
      say "$name lives in the namespaces of container $host, which does not run: see to that first"
      return 1
    fi
  done
}

# What it is that runs there, for the ledger.
runs() { version "$(boots "$source_id" "${ledger[$name]}")" "$source_image" "$source_reference"; }

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
    say "$name is not there: it is made anew"
    create "$name" "$use" "$image_id" && change start "$made" && await_health "$made" && watch "$made"
    return
  fi
  read_traces "$source_id" || return 1
  [[ -z $cut_off ]] || say "$name: $cut_off; a new container takes its place"
  if [[ -z $again && -z $dry && -z $cut_off && -z $loaded_hot && $source_image == "$image_id" ]]; then
    say "$name runs $use already"
    return 0
  fi
  mark=$(short "$source_id")
  begun+=("$name")
  open_ledger "$name" "$source_id"
  if [[ $source_auto_remove == true ]]; then
    create "$name.hot-deploy-old-$mark" "$source_image" "$source_image" || return 1
  fi
  create "$name.hot-deploy-new-$mark" "$use" "$image_id" || return 1
  next=$made
  undertake "$name" deploy recreate "$(runs)" "$(version "$(boots "$next" "${ledger[$name]}")" "$image_id" "$use")"
  for path in "${injected[@]}"; do
    show cp "$source_id:$path" "$next:$path"
    [[ -n $dry ]] || docker cp "$source_id:$path" - </dev/null | docker cp - "$next:${path%/*}/" || return 1
  done
  say "$name: from $source_image to $image_id"
  switch "$name" "$next" "$mark"
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
    if undo "$name"; then
      list || true
      note "$name" undone "${ids[$name]-}" || true
    else
      code=4
      say "$name could not be put back. Check the container"
      docker ps --all --filter "name=^/$name" --format '{{.Names}}: {{.Status}}' </dev/null >&2 || true
    fi
  done
  return "$code"
}
