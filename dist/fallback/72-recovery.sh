# --- finishing or undoing a restart, from what the engine lists; each act may be carried out again ---

# `detect NAME`: how far the restart came whose entry stands last: `state`, and the ids `old`, `spare`, `fresh`.
#   begun     nothing was stopped yet, or all is back but for what is to be tidied up
#   stopped   nobody serves
#   switched  the new one runs, and may still have to become healthy
#   none      nothing of it is left beside what has the name; or somebody else has that by now
detect() {
  local each serving beside=''
  state=none old='' spare='' fresh='' mark=''
  list || return 1
  read_entry "${last[$1]-}" || return 0
  serving=${ids[$1]-}
  [[ -z $serving ]] || belongs "$serving" || return 0
  for each in "${!ids[@]}"; do
    [[ $each =~ ^(.+)\.hot-deploy-(old|new)-([0-9a-f]{12}([0-9a-f]{12})?)$ && ${BASH_REMATCH[1]} == "$1" ]] || continue
    [[ ${BASH_REMATCH[3]} == "${e_id:0:12}"* ]] && belongs "${ids[$each]}" || continue
    [[ -z $mark || $mark == "${BASH_REMATCH[3]}" ]] || state=unclear
    mark=${BASH_REMATCH[3]}
    if [[ ${BASH_REMATCH[2]} == new ]]; then fresh=${ids[$each]}; else beside=${ids[$each]}; fi
  done
  [[ -n $mark ]] || return 0
  for each in $serving $beside; do
    if [[ $each == "$e_id" ]]; then old=$each; elif [[ $each == "$serving" &&
      -z $fresh ]]; then fresh=$each; else spare=$each; fi
  done
  [[ $state == none && -n $old$spare && (${#mark} == 12 || -z $fresh || $fresh == "${mark:12}"*) ]] ||
    fail "it is not clear what a restart has left of $1: look at what is called $1.hot-deploy-*" || return 1
  state=stopped back=${spare:-$old}
  [[ -n $serving ]] && facts "$serving" && [[ $running == true ]] || return 0
  state=switched
  [[ $serving == "$fresh" ]] || state=begun back=$serving
}

# `bring SIDE NAME`: by the table. What cannot be finished is undone, which is no success then.
bring() {
  local name=$2
  detect "$name" || return 1
  if [[ $state == none ]]; then
    serve
  elif [[ $1 == undo ]]; then
    carry_out undo && { [[ $state != ended ]] || bring undo "$name"; }
  else
    [[ -z $fresh || -z ${acts["finish $state"]-} ]] || ! carry_out finish || return 0
    ! bring undo "$name" ||
      say "$name: what was to take its place did not come up, and what ran before was started again"
    return 1
  fi
}

carry_out() {
  local act
  for act in ${acts["$1 $state"]}; do
    "$act" || return 1
    [[ $state != ended ]] || break
  done
}

# Where nothing stands beside it: what has the name serves.
serve() {
  back=${ids[$name]-} state=begun
  [[ -n $back ]] || fail "there is no container $name" || return 1
  belongs "$back" || {
    say "another container has the name $name by now, and is left alone"
    return 0
  }
  facts "$back" || return 1
  if [[ $running != true ]]; then
    change start "$back" || return 1
    state=stopped
  fi
  await_old
}

# The engine carries a stop out also where whoever asked for it is gone: what still runs may end yet, and is to be
# started again.
await_stop() {
  local until patience=10
  [[ -n ${may_be_stopping[$e_step]-} && -n $old && -n $fresh ]] && facts "$old" && [[ $running == true ]] || return 0
  engine inspect --type container --format '{{with index .Config "StopTimeout"}}{{.}}{{end}}' "$old" || return 1
  [[ ! $(said) =~ ^[0-9]{1,5}$ ]] || patience=$((10#$(said)))
  say "$name: it may have been told to end, so it is looked at for $((patience + 1)) s"
  until=$((SECONDS + patience + 1))
  while facts "$old" && [[ $running == true ]] && ((SECONDS <= until)); do pause 0.2; done
  [[ $running == true ]] || state=ended
}

end_old() { ! facts "$back" || [[ $running != true ]] || change stop "$back"; }

await_removal() { [[ -z $spare || -z $old ]] || await_absence "$old"; }

# `give_policy FROM TO`: unless it has one of its own.
give_policy() {
  local its=''
  [[ -n $1 && -n $2 ]] || return 0
  facts "$1" || return "$missing"
  its=${policy:-no}
  facts "$2" || return 1
  [[ $its == no || $auto_remove == true || ${policy:-no} != no ]] || change update "--restart=$its" "$2"
}

# Before anything of the new one goes: it may be the only place where that of the old one stands.
return_policy() { give_policy "$fresh" "$old"; }
pass_policy() { give_policy "$old" "$fresh"; }

# By its name it tells what is under way, as long as it is there.
marked=
retire_new() {
  marked=''
  [[ -n $fresh ]] || return 0
  facts "$fresh" || return "$missing"
  if ! change stop "$fresh"; then
    change rm --force --volumes "$fresh"
  elif [[ $auto_remove == true && $status != created ]]; then
    await_absence "$fresh"
  else
    [[ $own == "$name.hot-deploy-new-$mark" ]] || change rename "$fresh" "$name.hot-deploy-new-$mark" || return 1
    marked=yes
  fi
}

return_old() {
  facts "$back" || return 1
  [[ -z $marked || $own == "$name" ]] || change rename "$back" "$name" || return 1
  change start "$back" || return 1
  [[ -n $marked || $own == "$name" ]] || change rename "$back" "$name"
}

discard_new() {
  if [[ -n $fresh && $fresh == "$e_kept" ]]; then
    keep "$name" "$fresh" || return 1
  elif [[ -n $fresh ]] && { facts "$fresh" || ! is_missing; }; then
    change rm --force --volumes "$fresh" || return 1
  fi
  [[ -z $spare || $spare == "$back" ]] || change rm --force "$spare"
}

# What was not healthy before cannot be waited for; of one that was never stopped it says nothing how it fared before.
await_old() {
  [[ $state != begun && -z ${sick[$name]-} ]] || return 0
  await_health "$back" && return 0
  # Of a run that is not there any more: it may have been so before, and is no reason to leave everything as it is.
  [[ -n $recovering ]] && facts "$back" && [[ $running == true ]] && say "$name serves as before, and is not healthy"
}

place_new() {
  facts "$back" || is_missing || return 1
  [[ $own != "$name" || $id != "$back" ]] || change rename "$back" "$name.hot-deploy-old-$mark" || return 1
  facts "$fresh" || return 1
  [[ $own == "$name" ]] || change rename "$fresh" "$name" || return 1
  change start "$fresh"
}

await_new() { await_health "$fresh"; }

# Compose would count a kept one as one of the service, and one with --rm is only a stand-in. Never with its volumes:
# those are in use.
keep_old() {
  facts "$back" || return "$missing"
  if [[ -n $compose || $auto_remove == true ]]; then change rm "$back"; else keep "$name" "$back"; fi
}

# --- what an interrupted run has left ---

# `is_cut_off NAME`: its last run did not end, and something of it is there: what has the name, or stands beside it.
is_cut_off() {
  cut_off=''
  read_entry "${last[$1]-}" && [[ -z ${has_ended[$e_step]-} ]] || return 1
  detect "$1" 2>/dev/null || true
  [[ $state != none ]] || { [[ -n ${ids[$1]-} ]] && belongs "${ids[$1]}"; } || return 1
  cut_off="an earlier run was cut off at the step $e_step"
}

is_in_restart() { is_cut_off "$1" && [[ $state != none || $e_way == re[cv]* ]]; }

# Fills `half` with all targets of the interrupted runs that have one of this script's containers. What was being upgraded
# hot, and nothing else, only its bundle brings to an end.
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

# `give_back REFERENCE`: a name that a killed run had lent to its new image means again what it meant.
give_back() {
  local mark
  mark=$(printf '%s' "$1" | sha256sum)
  mark=hot-deploy-lent:${mark:0:32}
  engine image inspect --format '{{.Id}}' -- "$mark" || return 0
  change tag "$(said)" "$1" && change rmi "$mark"
}

# `resume NAME`: brings one to the side to which its whole run goes.
resume() {
  local name=$1 side=undo step word value
  is_cut_off "$name" || return 0
  undertaking[$name]=$e_details
  member reference "$e_to"
  [[ -z $value ]] || give_back "$value" || return 1
  [[ -z ${forward[$e_run]-} ]] || side=finish
  if [[ $state == none ]]; then
    serve && facts "$back" || return 1
    # Of one that stands in for another with --rm only its image tells.
    [[ $id != "$e_id" &&
      ($e_way != recreate || $e_from != *"\"$its_image\""* || $e_to == *"\"$its_image\""*) ]] || side=undo
  else
    bring "$side" "$name" || return 1
  fi
  step=undone word=undone
  [[ $side == undo ]] || step='done' word=finished
  note "$name" "$step" || true
  say "$name: its deploy is $word"
}

# Each is tried, whatever came of the others.
recovering=
recover() {
  local name code=0
  unfinished || return 1
  ((${#half[@]} == 0)) || say "an earlier run was cut off at ${half[*]}"
  recovering=yes
  for name in "${half[@]}"; do
    resume "$name" || {
      code=1
      say "$name could not be recovered. Check the container"
    }
  done
  recovering=''
  return "$code"
}
