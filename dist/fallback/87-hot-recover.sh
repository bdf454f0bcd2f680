# --- what an earlier upgrade by this bundle has left half-way ---

# Between the same two releases: forward where it had begun to settle, else back.
hot_recover() {
  local name=$1 id=$2 entry run=$run at step
  read_traces "$id" || return 1
  [[ -n $cut_off ]] || return 0
  step=$last_step
  say "$name: $cut_off"
  plain_file "$id" "$ledger_root/releases/hot-deploy/$last_file" "$work/entry" || return 1
  entry=$(<"$work/entry")
  if [[ $entry != *'"way": "relup"'* || $entry != *"\"version\": \"$from\""* || $entry != *"\"version\": \"$to\""* ]]; then
    say "$name: that is not what $bundle is about: \`hot-deploy rollback\` or \`deploy\` sets it right, or deploy here, which makes a new container"
    return 1
  fi
  [[ ! $entry =~ \"run\":\ \"([^\"]*)\" ]] || run=${BASH_REMATCH[1]}
  await_script "$id" || return 1
  fresh=''
  for at in "${!directories[@]}"; do
    [[ $entry != *'"brought"'* || ${entry#*'"brought"'} != *"\"${directories[at]}\""* ]] || fresh+=${fresh:+,}$at
  done
  undertake_hot "$name"
  hot_fresh[$name]=$fresh
  if await_state "$id" && [[ $step == settle && $answer == new* ]]; then
    hot_settle "$name"
  else
    hot_back "$name"
  fi
}

# The installation of a run that was killed is carried out to its end, and nobody may ask the node meanwhile.
await_script() {
  local until=$((SECONDS + 180))
  while engine top "$1" -ww -eo pid,args && [[ $(said) == *" hot-deploy $vm_pid "* ]]; do
    ((SECONDS < until)) || {
      say "what the earlier run had begun in the container goes on and on"
      return 1
    }
    pause 0.5
  done
}
