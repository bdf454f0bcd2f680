# --- what an earlier run has left half-way: forward where the whole fleet had come through, else back ---

unfinished() {
  local name
  list || return 1
  half=()
  for name in "${names[@]}"; do
    those "$name" old
    local -a both=("${found[@]}")
    those "$name" new
    ((${#both[@]} + ${#found[@]} == 0)) || half+=("$name")
  done
}

came_through() {
  local name image='' mark
  for name in "${names[@]}"; do
    [[ -n ${ids[$name]-} ]] || return 1
    those "$name" new
    ((${#found[@]} == 0)) || return 1
    facts "${ids[$name]}" || return 1
    [[ $running == true && -z ${image#"$its_image"} ]] || return 1
    image=$its_image
    those "$name" old
    for mark in "${found[@]}"; do
      mark=${mark##*-}
      [[ $(short "$id") != "${mark:0:12}" ]] || return 1
      await_health "$id" || return 1
    done
  done
}

# A restart that no name tells of any more has ended, one way or the other, before that was written down.
end_restarts() {
  local name entry
  for name in "${chosen[@]}"; do
    [[ -n ${ids[$name]-} ]] || continue
    read_traces "${ids[$name]}" || continue
    [[ -n $cut_off ]] || continue
    plain_file "${ids[$name]}" "$ledger_root/releases/hot-deploy/$last_file" "$work/entry" || continue
    entry=$(<"$work/entry")
    [[ $entry == *'"way": "recreate"'* || $entry == *'"way": "revive"'* ]] || continue
    say "$name: $cut_off, and nothing of it is left to do"
    if [[ $last_step == settle ]]; then end_ledger "$name" 'done'; else end_ledger "$name" undone; fi
  done
}

# The engine carries a stop out also where whoever asked for it is gone: what still runs may end yet, and is to be started again.
await_stop() {
  local until patience
  [[ -n ${ids[$1]-} ]] || return 0
  those "$1" new
  ((${#found[@]})) || return 0
  read_traces "${ids[$1]}" || return 0
  # Without a ledger it may be any step; and the way back may have been begun before the stop was done.
  [[ -z $last_step || $last_step == stop || $last_step == restore ]] || return 0
  facts "${ids[$1]}" && [[ $running == true ]] || return 0
  patience=10
  if engine inspect --type container --format '{{with index .Config "StopTimeout"}}{{.}}{{end}}' "${ids[$1]}" && [[ $(said) =~ ^[0-9]{1,5}$ ]]; then
    patience=$((10#$(said)))
  fi
  say "$1: it may have been told to end, so it is looked at for $((patience + 1)) s"
  until=$((SECONDS + patience + 1))
  while facts "${ids[$1]}" && [[ $running == true ]] && ((SECONDS <= until)); do pause 0.2; done
}

recover() {
  local name
  unfinished || return 1
  ((${#half[@]})) || {
    end_restarts
    return 0
  }
  say "an earlier run was cut off at ${half[*]}"
  if came_through; then
    for name in "${half[@]}"; do
      settle "$name" && end_ledger "$name" 'done' || return 1
      say "$name: its deploy is finished"
    done
  else
    for name in "${half[@]}"; do
      await_stop "$name"
      undo "$name" && end_ledger "$name" undone || return 1
      say "$name: its deploy is undone"
    done
  fi
}
