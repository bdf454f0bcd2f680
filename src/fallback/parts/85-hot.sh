# --- hot: a bundle loaded into the running VM by its own release_handler ---

declare -A hot_fresh=()

# What is written down of an upgrade by this bundle.
undertake_hot() {
  local each brought='' was=''
  for each in "${fresh[@]}"; do brought+=${brought:+,}$(json "$each"); done
  [[ $source_image != "$image_from" ]] || was=$source_reference
  undertake "$1" deploy relup "$(version "$from" "$image_from" "$was")" "$(version "$to" "$image_to" "$to_reference")" \
    ",\"brought\":[$brought]"
}

hot_one() {
  local name=$1 directory
  settings_of "$name"
  look_at "$name" yes || return 1
  local id=$source_id since
  begin "$name" "$id"
  [[ -n ${root_of[$name]} ]] ||
    fail "$name runs no node, or several, or one out of reach: only a restart is possible (deploy)" || return 1
  [[ $vm_root == "$root" ]] || fail "the release of $name is at $vm_root, and that of the bundle at $root" || return 1
  if [[ -z $dry ]]; then
    hot_recover "$name" "$id" && look_at "$name" || return 1
    ask "$id" ready || fail "the node of $name does not answer: $(complaint)" || return 1
    [[ $answer != already ]] || { say "$name runs $to already" && return; }
    [[ $answer == ok ]] || fail "$name: $answer" || return 1
  fi
  look_at_directories "$id" ||
    fail "$name holds other files under $to or the versions that it brings: $(complaint)" || return 1
  since=$started
  undertake_hot "$name"
  note "$name" stage || return 1
  hot_fresh[$name]=${fresh[*]}
  begun+=("$name")
  for directory in "${directories[@]}"; do
    show cp "$lock:/$stage/$directory" -
    # With its owner, who is the release's.
    show cp - "$name:$root/${directory%/*}"
    [[ -z $dry ]] || continue
    held || return 1
    docker cp "$lock_id:/$stage/$directory" - </dev/null 2>"$work/complaint" |
      docker cp - "$id:$root/${directory%/*}" >/dev/null ||
      fail "$directory could not be brought into $name" || return 1
  done
  note "$name" switch || return 1
  show exec --interactive --user "$vm_user" "$name" sh -c "verify, resolve the configuration, install $to" hot-deploy
  [[ -z $dry ]] || return 0
  install up "$id"
  local said=$answer
  await_state "$id" || fail "$name does not say what it runs" || return 1
  [[ $answer == new* && $said == installed ]] ||
    fail "$name: the switch said '${said:-nothing}', and the node says '$answer'" || return 1
  say "$name runs $to; watching it for $soak s"
  soak_for "$id" "$since"
}

soak_for() {
  local until=$((SECONDS + soak)) since=$2
  while ((SECONDS < until)); do
    facts "$1" || return 1
    [[ $running == true && $started == "$since" ]] || fail "$own ended or was restarted" || return 1
    [[ $health != unhealthy || -n ${sick[$own]-} ]] || fail "the HEALTHCHECK of $own fails" || return 1
    pause 0.5
  done
}

# Puts back the release that ran.
undo_hot() {
  local name=$1 id
  list && id=${ids[$name]-} && [[ -n $id ]] || return 1
  read -r -a fresh <<<"${hot_fresh[$name]-}"
  await_state "$id" && [[ $answer == old ]] || downgrade || return 1
  unstage
}

# Else by a restart, which boots the old one as long as the new one is not permanent.
downgrade() {
  say "$name: going back to $from"
  note "$name" bring-back || true
  install down "$id"
  if ! await_state "$id" || [[ $answer != old ]]; then
    say "$name: no way back by downgrade (${answer:-no answer}), so the container is restarted"
    change restart "$id" || return 1
  fi
}

unstage() {
  await_state "$id" && [[ $answer == old ]] || fail "the node of $name does not say that it runs $from" || return 1
  ask "$id" unstage || true
  note "$name" undone || true
  say "$name runs $from"
}

upgrade() {
  install up "$id"
  await_state "$id" && [[ $answer == new* ]] || fail "$name runs $from, and did not come to $to: $answer"
}

make_permanent() { settle_hot "$name"; }

settle_hot() {
  local name=$1 id=${ids[$1]-} until=$((SECONDS + drain))
  show exec --interactive "$name" sh -c "make $to permanent" hot-deploy
  note "$name" settle || true
  [[ -z $dry ]] || {
    note "$name" 'done'
    return
  }
  while ask "$id" unload && [[ $answer != 'left 0' ]] && ((SECONDS < until)); do pause 0.5; done
  [[ $answer == 'left 0' ]] || say "$name: processes are still in old code ($answer)"
  ask "$id" permanent || true
  local said=$answer
  if ! await_state "$id" || [[ $answer != 'new permanent' ]]; then
    fail "$name: $to could not be made permanent ($said, $answer): a restart of the container would boot $from" ||
      return 1
  fi
  note "$name" 'done' || true
  say "$name runs $to, and boots it"
}

# What an earlier upgrade between the same two releases has left: by the table.
hot_recover() {
  local name=$1 id=$2 each act side=undo
  is_cut_off "$name" || return 0
  [[ -z ${forward[$e_run]-} ]] || side=finish
  say "$name: $cut_off"
  if [[ $e_way != relup ||
    "$e_from $e_to" != *"\"version\":$(json "$from")"*"\"to\":"*"\"version\":$(json "$to")"* ]]; then
    fail "$name: that is not what $bundle is about: \`hot-deploy rollback\` or \`deploy\` sets it right," \
      "or deploy here, which makes a new container" || return 1
  fi
  undertaking[$name]=$e_details
  await_script "$id" || return 1
  fresh=()
  for each in "${directories[@]}"; do
    [[ $e_details != *'"brought":['* || ${e_details#*'"brought":['} != *"\"$each\""* ]] || fresh+=("$each")
  done
  hot_fresh[$name]=${fresh[*]}
  await_state "$id" || fail "the node of $name does not say what it runs" || return 1
  for act in ${hot_acts["$side ${answer%% *}"]-${hot_acts["$side new"]}}; do "$act" || return 1; done
}

# The installation of a run that was killed is carried out to its end, and nobody may ask the node meanwhile.
await_script() {
  local until=$((SECONDS + 180))
  while engine top "$1" -ww -eo pid,args && [[ $(said) == *" hot-deploy $vm_pid "* ]]; do
    ((SECONDS < until)) || fail "what the earlier run had begun in the container goes on and on" || return 1
    pause 0.5
  done
}
