# --- hot: a bundle loaded into the running VM by its own release_handler ---

declare -A about=() hot_fresh=()
directories=() fresh=() from='' to='' root=''

# The lock is a container too: what came as an archive is unpacked in it, and read out of it file by file. By the
# container's id, as the journal.
open_bundle() {
  local each key value
  lock_id=ID
  [[ -n $dry ]] || lock_id=$(<"$work/lock")
  stage=hot-deploy-stage-${lock_id:0:12}
  mkdir "$work/$stage" "$work/bundle"
  show cp "$work/$stage" "$lock:/"
  show cp - "$lock:/$stage"
  if [[ -n $dry ]]; then
    # There is no lock to unpack it in.
    contents=([about]="$(tar -xzOf "$bundle" hot-deploy/about 2>"$work/complaint")")
  else
    engine cp "$work/$stage" "$lock_id:/" && input=$bundle within=900 engine cp - "$lock_id:/$stage" ||
      fail "$bundle cannot be unpacked: $(complaint)"
    unpack "$lock_id" "/$stage/hot-deploy" 32000000 || contents=()
  fi
  for each in "${!contents[@]}"; do printf '%s' "${contents[$each]}" >"$work/bundle/$each"; done
  while read -r key value; do
    if [[ $key == directory ]]; then directories+=("$value"); elif [[ -n $key ]]; then about[$key]=$value; fi
  done <<<"${contents[about]-}"
  [[ ${about[schema]-} == 3 ]] || fail "$bundle holds nothing for this script: generate both anew"
  from=${about[from]} to=${about[to]} root=${about[root]} image_id=${about["image-to"]}
}

hot_one() {
  local name=$1 each id since said was=''
  settings_of "$name"
  look_at "$name" yes
  id=$source_id
  find_vm "$id" || fail "$name runs no node, or several, or one out of reach: only a restart is possible (deploy)"
  its_root=$vm_root
  [[ $its_root == "$root" ]] || fail "the release of $name is at $its_root, and that of the bundle at $root"
  if [[ -z $dry ]]; then
    hot_recover "$name"
    look_at "$name"
    ask "$id" ready || fail "the node of $name does not answer: $(complaint)"
    [[ $answer != already ]] || { say "$name runs $to already" && return; }
    [[ $answer == ok ]] || fail "$name: $(foreign <<<"$answer")"
  fi
  since=$started
  # What is there already is checked with the rest before the switch.
  fresh=()
  for each in "${directories[@]}"; do
    engine exec --user "$vm_user" "$id" sh -c '[ -e "$1" ]' sh "$root/$each" || fresh+=("$each")
  done
  hot_fresh[$name]=${fresh[*]}
  [[ $source_image != "${about["image-from"]}" ]] || was=$source_reference
  describe "$name" deploy relup "$(version "$from" "${about["image-from"]}" "$was")" \
    ",\"brought\":[$(json "${fresh[@]}")]"
  intend "$name" "$(version "$to" "$image_id" "$(name_of_image)")"
  begun+=("$name")
  record "$name" stage
  for each in "${fresh[@]}"; do
    show cp "$lock:/$stage/$each" -
    # With its owner, who is the release's.
    show cp - "$name:$root/${each%/*}"
    [[ -z $dry ]] || continue
    held
    docker cp "$lock_id:/$stage/$each" - </dev/null 2>"$work/complaint" |
      docker cp - "$id:$root/${each%/*}" >/dev/null || fail "$each could not be brought into $name"
  done
  record "$name" switch
  show exec --interactive --user "$vm_user" "$name" sh -c "verify, resolve the configuration, install $to" hot-deploy
  [[ -z $dry ]] || return 0
  install "$id" up
  said=$answer
  await_state "$id" || fail "$name does not say what it runs"
  [[ $answer == new* && $said == installed ]] ||
    fail "$name: $(foreign <<<"the switch said '$said', and the node says '$answer'")"
  say "$name runs $to; watching it for $soak s"
  watch "$id" "$soak" "$since"
}

settle_hot() { act_hot make-permanent "$1"; }

# Puts back the release that ran.
undo_hot() {
  list
  await_state "${ids[$1]-}" && [[ $answer == old ]] || act_hot downgrade "$1"
  act_hot unstage "$1"
}

# `act_hot WORD NAME`: one word of the table.
act_hot() {
  local name=$2 id=${ids[$2]-} until=$((SECONDS + drain)) said
  read -r -a fresh <<<"${hot_fresh[$name]-}"
  case $1 in
  downgrade)
    # Else by a restart, which boots the old one as long as the new one is not permanent.
    say "$name: going back to $from"
    record "$name" bring-back || true
    install "$id" down
    await_state "$id" && [[ $answer == old ]] || {
      say "$name: no way back by downgrade ($(foreign <<<"$answer")), so the container is restarted"
      change restart "$id"
    }
    ;;
  unstage)
    await_state "$id" && [[ $answer == old ]] || fail "the node of $name does not say that it runs $from"
    ask "$id" unstage || true
    record "$name" undone || true
    say "$name runs $from"
    ;;
  upgrade)
    install "$id" up
    await_state "$id" && [[ $answer == new* ]] ||
      fail "$name runs $from, and did not come to $to: $(foreign <<<"$answer")"
    ;;
  make-permanent)
    record "$name" settle || true
    while ask "$id" unload && [[ $answer != 'left 0' ]] && ((SECONDS < until)); do pause 0.5; done
    [[ $answer == 'left 0' ]] || say "$name: processes are still in old code ($(foreign <<<"$answer"))"
    ask "$id" permanent || true
    said=$answer
    await_state "$id" && [[ $answer == 'new permanent' ]] ||
      fail "$name: $to could not be made permanent ($(foreign <<<"$said, $answer")):" \
        "a restart of the container would boot $from"
    record "$name" 'done' || true
    say "$name runs $to, and boots it"
    ;;
  esac
}

# What an earlier upgrade between the same two releases has left: by the table.
hot_recover() {
  local name=$1 act side=undo until=$((SECONDS + 180))
  is_cut_off "$name" || return 0
  ! is_forward || side=finish
  say "$name: $cut_off"
  [[ $e_way == relup && $e_from == *"\"version\":$(json "$from")"* && $e_to == *"\"version\":$(json "$to")"* ]] ||
    fail "$name: that is not what $bundle is about: \`hot-deploy rollback\` or \`deploy\` sets it right," \
      "or deploy here, which makes a new container"
  details[$name]=$e_details
  # The installation of a run that was killed is carried out to its end, and nobody may ask the node meanwhile.
  while engine top "$source_id" -ww -eo pid,args && [[ $(said) == *" hot-deploy $vm_pid "* ]]; do
    ((SECONDS < until)) || fail "what the earlier run had begun in the container goes on and on"
    pause 0.5
  done
  [[ ! $e_details =~ \"brought\":\[([^]]*)\] ]] || hot_fresh[$name]=$(tr '",' '  ' <<<"${BASH_REMATCH[1]}")
  await_state "$source_id" || fail "the node of $name does not say what it runs"
  for act in ${hot_acts["$side ${answer%% *}"]-${hot_acts["$side new"]}}; do act_hot "$act" "$name"; done
}

# --- the VM in a container, and how it is asked ---

# The VM that serves in a container, as its own command line describes it. A node that hides counts only where no other
# is there, and tools that are attached to one do not.
find_vm() {
  local each text nl=$'\n' block value root bin flag node boot kind looked=0
  local -A count=([visible]=0 [hidden]=0)
  room=256 engine exec "$1" sh -c "$search_vms" || true
  text=$nl$(said)
  while [[ $text == *"${nl}vm "* ]] && ((++looked < 100)); do
    text=${text#*"${nl}vm "} boot='' flag='' node='' kind=visible
    block=${text%%"${nl}vm "*}$nl
    argument -root && root=$value && argument -bindir && bin=$value || continue
    ! argument -boot || boot=$value
    [[ /$boot != */start_clean && ! $block =~ ${nl}arg\ (-remsh|--rpc-eval|-run${nl}arg\ escript)$nl ]] || continue
    # A release without a runtime of its own lies where its boot script does.
    [[ $boot != ?*/releases/*/* ]] || root=${boot%/releases/*}
    for each in -name -sname; do ! argument "$each" || flag=$each node=$value; done
    [[ -z $node_name || ${node%%@*} == "$node_name" ]] || continue
    [[ $block != *"${nl}arg -hidden$nl"* ]] || kind=hidden
    count[$kind]=$((count[$kind] + 1))
    [[ $kind == visible ]] || ((count[visible] == 0)) || continue
    vm_pid=${block%%"$nl"*} vm_bin=$bin vm_root=$root vm_flag=$flag vm_node=$node
    vm_user=0:0
    [[ ! $block =~ ${nl}uid\ ([0-9]+).*${nl}gid\ ([0-9]+) ]] || vm_user=${BASH_REMATCH[1]}:${BASH_REMATCH[2]}
  done
  ((count[visible] == 1 || (count[visible] == 0 && count[hidden] == 1))) && [[ -n $vm_flag ]]
}

# `argument FLAG`: `value`, of the VM that `block` tells of.
argument() {
  local expression="${nl}arg $1${nl}arg ([^$nl]+)"
  [[ $block =~ $expression ]] && value=${BASH_REMATCH[1]}
}

# `ask ID QUESTION [KEY VALUE]`: what the agent in the node is asked, by way of a shell beside the VM, as its user. A
# node that a later run has changed refuses it. `answer` is one line, and empty where the node said nothing.
ask() {
  local id=$1 file=ask line words text more=()
  shift
  answer=''
  held && find_vm "$id" || return 1
  words=$(printf '%s %s\n' ask "$@" environment "$environment" token "$token" suspend "$suspend_ms" \
    fresh "${fresh[*]}" | base64 -w 0)
  if [[ $1 == install ]]; then
    # The configuration of both releases is resolved in the container, with the VM's environment.
    file=install
    more=("$root/releases/$from/start_clean" "$root/lib" "$(<"$work/bundle/evaluate")")
    more+=("${about["sha256-$3"]}" "$root/${about["checksums-$3"]}")
    export HOT_DEPLOY_RESOLVER HOT_DEPLOY_WAS
    HOT_DEPLOY_RESOLVER=$(sed "s/@PID@/$vm_pid/" "$work/bundle/resolve-$3.erl")
    HOT_DEPLOY_WAS=$(sed "s/@PID@/$vm_pid/" "$work/bundle/was-$3.erl")
  fi
  text=$(<"$work/bundle/$file.erl")
  {
    [[ $file == ask ]] || echo go
    printf '%s\n%s\n' "${HOT_DEPLOY_COOKIE-}" "${text/@WORDS@/$words}"
  } >"$work/question"
  input=$work/question within=180 engine exec --interactive --user "$vm_user" --env HOT_DEPLOY_RESOLVER \
    --env HOT_DEPLOY_WAS "$id" sh -c "$(<"$work/bundle/$file.sh")" hot-deploy \
    "$vm_pid" "$vm_bin" "$vm_flag" "$vm_node" "${more[@]}" || true
  unset HOT_DEPLOY_RESOLVER HOT_DEPLOY_WAS
  while IFS= read -r line; do
    case $line in
    'hot-deploy-answer {"ok":"'*) line=${line#*:'"'} line=${line%'"}'} answer=${line//[[:cntrl:]]/} ;;
    'hot-deploy-answer {'*'"error":"overtaken"'*) lose 'was taken over by a later run, which has changed the node' ;;
    'hot-deploy-answer {'*) answer="refused $(foreign <<<"${line#* }")" ;;
    esac
  done <"$work/said"
  [[ -n $answer ]]
}

# `install ID up|down`
install() { ask "$1" install way "$2" || say "the node gave no answer: $(complaint)"; }

# What runs, asked of the node until it has booted.
await_state() {
  local until=$((SECONDS + 60)) wait=1
  while ((SECONDS < until)); do
    ! ask "$1" state || [[ $answer == booting || $answer == refused* ]] || return 0
    pause "$wait"
    wait=$((2 * wait))
  done
  return 1
}
