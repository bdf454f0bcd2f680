# --- finishing or undoing a restart, from what the engine lists ---

# `belongs ID`: whether a container is of the restart whose entry was read last: by its id, or by what only that run
# knew. Anybody can give a container a name.
belongs() { [[ $1 == "$e_id" || $1 == "$e_kept" || ${nonces[$1]-} == "\"$e_nonce\" \"$e_run\"" ]]; }

# `detect NAME`: how far the restart came whose entry stands last: `state`, and the ids `old`, `spare`, `fresh`.
#   begun     nothing was stopped yet, or all is back but for what is to be tidied up
#   stopped   nobody serves
#   switched  the new one runs, and may still have to become healthy
#   none      nothing of it is left beside what has the name; or somebody else has that by now
detect() {
  local each serving beside='' marks=''
  state=none old='' spare='' fresh='' mark=''
  list || return 1
  recall "$1" || return 0
  serving=${ids[$1]-}
  [[ -z $serving ]] || belongs "$serving" || return 0
  for each in "${!ids[@]}"; do
    [[ $each =~ ^"$1"\.hot-deploy-(old|new)-("${e_id:0:12}"([0-9a-f]{12})?)$ ]] && belongs "${ids[$each]}" || continue
    mark=${BASH_REMATCH[2]} marks+=${marks:+ }$mark
    if [[ ${BASH_REMATCH[1]} == new ]]; then fresh=${ids[$each]}; else beside=${ids[$each]}; fi
  done
  [[ -n $mark ]] || return 0
  for each in $serving $beside; do
    if [[ $each == "$e_id" ]]; then old=$each; elif [[ $each == "$serving" && -z $fresh ]]; then fresh=$each; else
      spare=$each
    fi
  done
  [[ ($marks == "$mark" || $marks == "$mark $mark") && -n $old$spare &&
    (${#mark} == 12 || -z $fresh || $fresh == "${mark:12}"*) ]] ||
    fail "it is not clear what a restart has left of $1: look at what is called $1.hot-deploy-*" || return 1
  state=stopped back=${spare:-$old}
  [[ -n $serving ]] && facts "$serving" && [[ $running == true ]] || return 0
  state=switched
  [[ $serving == "$fresh" ]] || state=begun back=$serving
}

# `bring SIDE NAME`: by the table. What cannot be finished is undone, which is no success then.
bring() {
  detect "$2"
  if [[ $state == none ]]; then
    serve "$2"
  elif [[ $1 == undo ]]; then
    carry_out undo "$2"
    [[ $state != ended ]] || bring undo "$2"
  else
    tried=1
    [[ -z $fresh || -z ${acts["finish $state"]-} ]] || try carry_out finish "$2"
    ((tried)) || return 0
    bring undo "$2"
    fail "$2: what was to take its place did not come up, and what ran before was started again"
  fi
}

carry_out() {
  local each
  for each in ${acts["$1 $state"]}; do [[ $state == ended ]] || act "$each" "$2"; done
}

# Where nothing stands beside it: what has the name serves.
serve() {
  back=${ids[$1]-} state=begun
  [[ -n $back ]] || fail "there is no container $1"
  if ! belongs "$back"; then
    say "another container has the name $1 by now, and is left alone"
    return
  fi
  facts "$back"
  if [[ $running != true ]]; then
    change start "$back"
    state=stopped
  fi
  act await-old "$1"
}

# `act WORD NAME`: one word of the table; each may be carried out again.
act() {
  local name=$2 until patience
  case $1 in
  await-stop)
    # The engine carries a stop out also where whoever asked for it is gone: what still runs may end yet.
    [[ " $may_be_stopping " == *" $e_step "* && -n $old && -n $fresh ]] && facts "$old" && [[ $running == true ]] ||
      return 0
    engine inspect --type container --format '{{with index .Config "StopTimeout"}}{{.}}{{end}}' "$old"
    patience=$(said)
    say "$name: it may have been told to end, so it is looked at for ${patience:=10} s and one more"
    until=$((SECONDS + patience + 1))
    while facts "$old" && [[ $running == true ]] && ((SECONDS <= until)); do pause 0.2; done
    [[ $running == true ]] || state=ended
    ;;
  end-old) ! facts "$back" || [[ $running != true ]] || change stop "$back" ;;
  await-removal) [[ -z $spare || -z $old ]] || await_absence "$old" ;;
  # Before anything of the new one goes: it may be the only place where that of the old one stands.
  return-policy) give_policy "$fresh" "$old" ;;
  pass-policy) give_policy "$old" "$fresh" ;;
  retire-new)
    # By its name it tells what is under way, as long as it is there.
    [[ -n $fresh ]] || return 0
    facts "$fresh" || return "$missing"
    if ! change stop "$fresh"; then
      change rm --force --volumes "$fresh"
    elif [[ $auto_remove == true && $status != created ]]; then
      await_absence "$fresh"
    else
      call_it "$fresh" "$name.hot-deploy-new-$mark"
    fi
    ;;
  return-old)
    call_it "$back" "$name"
    change start "$back"
    ;;
  discard-new)
    if [[ -n $fresh && $fresh == "$e_kept" ]]; then
      keep "$name" "$fresh"
    elif [[ -n $fresh ]] && { facts "$fresh" || ! is_missing; }; then
      change rm --force --volumes "$fresh"
    fi
    [[ -z $spare || $spare == "$back" ]] || change rm --force "$spare"
    ;;
  await-old)
    # What was not healthy before cannot be waited for; of one that was never stopped it says nothing how it fared.
    [[ $state == begun || -n ${sick[$name]-} ]] || watch "$back" 0 || {
      # Of a run that is not there any more: it may have been so before, and is no reason to leave all as it is.
      [[ -n $recovering ]] && facts "$back" && [[ $running == true ]] || return 1
      say "$name serves as before, and is not healthy"
    }
    ;;
  place-new)
    facts "$back" || is_missing
    [[ $own != "$name" || $id != "$back" ]] || change rename "$back" "$name.hot-deploy-old-$mark"
    call_it "$fresh" "$name"
    change start "$fresh"
    ;;
  await-new) watch "$fresh" 0 ;;
  keep-old)
    # Compose would count a kept one as one of the service, and one with --rm is only a stand-in. Never with its
    # volumes: those are in use.
    facts "$back" || return "$missing"
    if [[ -n $compose || $auto_remove == true ]]; then change rm "$back"; else keep "$name" "$back"; fi
    ;;
  esac
}

# `call_it ID NAME`
call_it() {
  facts "$1"
  [[ $own == "$2" ]] || change rename "$1" "$2"
}

# Kept containers do not come up with the engine.
keep() {
  change update --restart=no "$2"
  change rename "$2" "$1.hot-deploy-previous-${2:0:12}"
}

# `give_policy FROM TO`: unless it has one of its own.
give_policy() {
  local its
  [[ -n $1 && -n $2 ]] || return 0
  facts "$1" || return "$missing"
  its=${policy:-no}
  facts "$2" || return "$missing"
  [[ $its == no || $auto_remove == true || ${policy:-no} != no ]] || change update "--restart=$its" "$2"
}

# --- what an interrupted run has left ---

# `is_cut_off NAME`: its last run did not end, and something of it is there: what has the name, or stands beside it.
is_cut_off() {
  cut_off=''
  recall "$1" && [[ " $has_ended " != *" $e_step "* ]] || return 1
  detect "$1" 2>/dev/null || true
  [[ $state != none ]] || { [[ -n ${ids[$1]-} ]] && belongs "${ids[$1]}"; } || return 1
  cut_off="an earlier run was cut off at the step $e_step"
}

is_in_restart() { is_cut_off "$1" && [[ $state != none || $e_way =~ ^($restart_ways)$ ]]; }

# Fills `half` with all targets of the interrupted runs that have one of this script's containers. What was being
# upgraded hot, and nothing else, only its bundle brings to an end. What has a name as a restart gives it, and is in no
# journal, is said, and nothing is done with it: the journal may have been pruned.
unfinished() {
  local name each runs='' hand
  [[ -n $opened ]] || read_journal
  list
  half=()
  for name in "${names[@]}"; do ! is_in_restart "$name" || runs+=" $e_run "; done
  while IFS='"' read -r _ _ _ name _; do
    ! is_in_restart "$name" || [[ $runs != *" $e_run "* ]] || half+=("$name")
  done < <(grep -soh '"container":"[^"]*"' "$work"/journal/* | sort -u)
  for name in "${names[@]}"; do
    for each in "${!ids[@]}"; do
      [[ $each =~ ^"$name"\.hot-deploy-(old|new)-[0-9a-f]{12} ]] && ! is_known "$name" "${ids[$each]}" || continue
      hand="docker rename $each $name; docker start $name"
      [[ -z ${ids[$name]-} ]] || hand="docker stop $name; docker rename $name $name.aside; $hand"
      say "no journal shows that hot-deploy has put $each there: it is left alone." \
        "If it is the container that served: $hand"
    done
  done
}

# A name that a killed run had lent to its new image means again what it meant, if nobody else has moved it since.
give_back() {
  local value lent borrower before
  member image "$e_to"
  borrower=$value
  member reference "$e_to"
  lent=hot-deploy-lent:$(printf '%s' "$value" | sha256sum | head -c 32)
  meant "$lent"
  before=$meant
  [[ -n $value && -n $before ]] || return 0
  meant "$value"
  if [[ $meant == "$borrower" ]]; then
    change tag "$before" "$value"
  elif [[ $meant != "$before" ]]; then
    say "$value was left where it is: somebody else has moved it. Before, it meant $before:" \
      "docker rmi $lent forgets that"
    return 0
  fi
  change rmi "$lent"
}

# `resume NAME`: brings one to the side to which its whole run goes.
resume() {
  local name=$1 side=undo was
  local -A step=([undo]=undone [finish]='done')
  is_cut_off "$name" || return 0
  was=$state
  details[$name]=$e_details
  give_back
  ! is_forward || side=finish
  bring "$side" "$name"
  if [[ $was == none ]]; then
    facts "$back"
    # Of one that stands in for another with --rm only its image tells.
    [[ $id != "$e_id" &&
      ($e_way != recreate || $e_from != *"\"$its_image\""* || $e_to == *"\"$its_image\""*) ]] || side=undo
  fi
  record "$name" "${step[$side]}" || true
  say "$name: its deploy is ${step[$side]}"
}
