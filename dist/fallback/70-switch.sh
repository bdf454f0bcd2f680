# --- the switch. The containers' names say how far it came, and the journal, whose they are ---
#
#   NAME.hot-deploy-new-ID       the next one, before it has the name
#   NAME.hot-deploy-old-ID       the one that ran (ID is the beginning of its id), while the next one has the name
#   NAME.hot-deploy-previous-ID  kept, stopped, for a rollback
#
# Where a kept one takes the place, its own ID stands behind that of the one that ran.

# Those that are to be made final or taken back, in which way; from `settling` on there is only forward.
begun=() way=restart settling='' unsettled='' moving='' state=none
declare -A sick=() ran=()

# Kept containers do not come up with the engine.
keep() { change update --restart=no "$2" && change rename "$2" "$1.hot-deploy-previous-$(short "$2")"; }

settle_restart() {
  local each name=$1
  note "$name" settle || true
  back=${ran[$name]-}
  if [[ -z $dry ]]; then
    detect "$name" || return 1
    [[ $state == none || $state == switched ]] || fail "$name cannot be made final: its restart is $state" || return 1
  fi
  [[ $state == none && -z $dry ]] || keep_old && list || return 1
  previous "$name"
  [[ -z $dry ]] || found=("$name.hot-deploy-previous-$(short "$back")" "${found[@]}")
  # What runs is settled: that one stays longer than it was to, or that somebody has started one, is no reason to stop
  # here.
  for each in "${found[@]:$keep_previous}"; do change rm "$each" || true; done
  note "$name" 'done' || true
  [[ -n $dry ]] || ! facts "${ids[$name]-}" || say "$name runs $its_reference"
}

undo_restart() {
  read_entry "${last[$1]-}" || true
  [[ $e_step != stop ]] || note "$1" restore || true
  bring undo "$1" && { note "$1" undone || true; }
}

# One with --rm that has ended is removed by the engine, in its own time, and by nobody else meanwhile.
await_absence() {
  local until=$((SECONDS + removed_within))
  while engine inspect --type container "$1" || ! is_missing; do
    ((SECONDS < until)) ||
      fail "$(short "$1") was started with --rm, has ended, and the engine has not deleted it" || return 1
    pause 0.1
  done
}

# `switch NAME NEXT_ID MARK`: between `stop` and `start` nothing serves, and only two renames happen.
switch() {
  local name=$1 next=$2
  note "$name" stop && change stop "$source_id" || return 1
  if [[ $source_auto_remove != true ]]; then
    change rename "$source_id" "$name.hot-deploy-old-$3" || return 1
  elif [[ -z $dry ]]; then
    await_absence "$source_id" || return 1
  fi
  change rename "$next" "$name" || return 1
  [[ -z $dry ]] || next=$name
  change start "$next" && await_health "$next" && watch "$next"
}

# `look_at NAME [yes]`: what runs under a name, which may have to be there; refuses what could not be put right
# afterwards.
look_at() {
  local name=$1 host
  list || return 1
  source_id=${ids[$name]-} source_auto_remove=''
  [[ -n $source_id || -n ${2-} ]] || return 0
  [[ -n $source_id ]] || fail "there is no container $name" || return 1
  facts "$source_id" || return 1
  source_auto_remove=$auto_remove source_image=$its_image source_reference=$its_reference
  source_origin=${origin:-$its_reference} ran[$name]=$source_id
  [[ ! $source_origin =~ ^(sha256:)?[0-9a-f]{12,64}$ ]] || source_origin=''
  [[ $running == true && $status == running ]] ||
    fail "$name is $status, and only a running container is re-created: start it, or remove it" || return 1
  [[ -z $swarm ]] || fail "$name belongs to the Swarm service $swarm, which would replace it: update the service" ||
    return 1
  [[ -z $health || $health == healthy ]] || sick[$name]=1
  for host in "${lives_in[@]}"; do
    engine inspect --type container --format '{{.State.Running}}' "$host" && [[ $(said) == true ]] ||
      fail "$name lives in the namespaces of container $host, which does not run: see to that first" || return 1
  done
}

# What it is that runs there, for the journal.
runs() { version "$(boots "$source_id" "${root_of[$name]}")" "$source_image" "$source_reference"; }

# `need NAME MARK`: the names that a restart gives are free. A call of a killed run that was carried out after all
# leaves a container which was never started.
need() {
  local each
  for each in "$1.hot-deploy-new-$2" "$1.hot-deploy-old-$2" "$1.hot-deploy-previous-${2:0:12}"; do
    [[ -n ${ids[$each]-} ]] || continue
    is_known "$1" "${ids[$each]}" && facts "${ids[$each]}" && [[ $status == created ]] && change rm --volumes "$id" &&
      continue
    fail "the name $each is needed, and a container has it that hot-deploy has not made:" \
      "look at it, then remove or rename it" || return 1
  done
}

# What stops short of being like the one that runs.
warn() {
  local each
  for each in "${unsaid[@]}"; do say "$1: $each"; done
}

deploy_one() {
  local name=$1 mark next use path
  source_id=''
  # Twice, since what it says of volumes is asked of the container that runs.
  settings_of "$name"
  look_at "$name" && read_volumes || return 1
  settings_of "$name"
  read_environment "$name" || return 1
  warn "$name"
  use=$(name_for_image)
  if [[ -z $source_id ]]; then
    [[ " ${!ids[*]}" != *" $name.hot-deploy-old-"* ]] ||
      fail "there is no container $name, and one that may have to have the name" || return 1
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
    timeout -k 5 "$within" docker cp "$source_id:$path" - </dev/null | head -c 4200000 |
      docker cp - "$next:${path%/*}/" || return 1
  done
  say "$name: from $source_image to $image_id"
  switch "$name" "$next" "$mark"
}

# The container that ran before, started again.
rollback_one() {
  local name=$1 back mark to its_policy
  settings_of "$name"
  look_at "$name" yes || return 1
  its_policy=$policy
  previous "$name"
  was_loaded_hot "$source_id" || return 1
  if [[ -n $loaded_hot ]]; then
    say "$name was upgraded hot since it was started." \
      "A rollback goes back to the container before it, not to the release before."
    [[ -n $again ]] || fail "For that, --force; for its own image, deploy --image $source_image." || return 1
  fi
  ((${#found[@]})) || fail "of $name no previous container is kept:" \
    "deploy the image that ran before, with deploy --image REFERENCE" || return 1
  back=${ids[${found[0]}]}
  mark=$(short "$source_id")$(short "$back")
  say "$name: back to ${found[0]}"
  need "$name" "$mark" && facts "$back" || return 1
  begin "$name" "$source_id"
  to=$(version "$(boots "$back" "${root_of[$name]}")" "$its_image" "$its_reference")
  undertake "$name" rollback revive "$(runs)" "$to" ",\"kept\":\"$back\""
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
      [[ -n ${ids[$name]-} ]] && facts "${ids[$name]}" && [[ $status == created &&
        $its_image == "$image_id" ]] || continue
      made=$id
    fi
    say "$name: there was none, and it is removed again"
    change rm --force --volumes "$made" || await_absence "$made" || code=1
  done
  return "$code"
}
