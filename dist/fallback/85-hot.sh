# --- hot: a bundle loaded into the running VM by its own release_handler ---

hot_way='' hot_begun=() hot_well=''
from='' to='' root='' image_from='' image_to='' to_reference=''
declare -A hot_fresh=() digest=() checksums=()

# The VM that serves in a container, as its own command line describes it.
find_vm() {
  local line word='' pid='' user='' group='' bin='' flag='' node='' root='' tool='' hidden='' value
  vm_pid='' vm_hidden=yes vm_several=''
  docker exec "$1" sh -c "$search_vms" </dev/null >"$work/vms" 2>"$work/complaint" &
  finished $! || true
  printf 'vm\n' >>"$work/vms"
  while IFS= read -r line; do
    value=${line#* }
    case $line in
    vm | 'vm '*)
      take_vm
      pid=$value user='' group='' bin='' flag='' node='' root='' tool='' hidden='' word=''
      ;;
    'uid '*) user=$value ;;
    'gid '*) group=$value ;;
    'arg '*)
      case $word in
      -root) root=$value ;;
      -bindir) bin=$value ;;
      -sname | -name) flag=${flag:-$word} node=${node:-$value} ;;
      -boot) [[ $value != start_clean && $value != */start_clean ]] || tool=yes ;;
      esac
      word=$value
      case $word in
      -remsh | --rpc-eval) tool=yes ;;
      -hidden) hidden=yes ;;
      -proto_dist | -erl_epmd_port | -no_epmd) flag=none ;;
      esac
      ;;
    esac
  done <"$work/vms"
  [[ -n $vm_pid && -z $vm_several && ($vm_flag == -sname || $vm_flag == -name) ]]
}

# A node that hides counts only where no other is there.
take_vm() {
  [[ -n $pid && -n $root && -n $bin && -z $tool ]] || return 0
  [[ -z $node_name || ${node%%@*} == "$node_name" ]] || return 0
  if [[ -n $vm_pid ]]; then
    case ${vm_hidden:-no}-${hidden:-no} in
    no-yes) return 0 ;;
    yes-no) vm_several='' ;;
    *)
      vm_several=yes
      return 0
      ;;
    esac
  fi
  vm_pid=$pid vm_user=$user:$group vm_bin=$bin vm_flag=$flag vm_node=$node vm_root=$root vm_hidden=$hidden
}

# `inside ID SCRIPT STDIN [WORD...]`: a shell beside the VM, as its user. Its exit code is no verdict.
inside() {
  local id=$1 script=$2 input=$3
  shift 3
  local words=(exec --interactive --user "$vm_user")
  [[ -z ${HOT_DEPLOY_RESOLVER-} ]] || words+=(--env HOT_DEPLOY_RESOLVER)
  [[ -z ${HOT_DEPLOY_COOKIE-} ]] || words+=(--env HOT_DEPLOY_COOKIE)
  docker "${words[@]}" "$id" sh -c "$script" hot-deploy "$vm_pid" "$vm_bin" "$vm_flag" "$vm_node" "$@" \
    <"$input" >"$work/said" 2>"$work/complaint" &
  finished $! || true
}

# The line after a mark; empty where there is none.
told() {
  local line
  while IFS= read -r line; do
    [[ $line != "hot-deploy-$1 "* ]] || printf '%s' "${line#* }"
  done <"$work/said"
}

# `ask ID NAME`: a question of the bundle's to the node.
answer=
ask() {
  answer=''
  find_vm "$1" || return 1
  filled "$2" >"$work/question"
  inside "$1" "$(<"$work/bundle/call.sh")" "$work/question"
  answer=$(told says)
  [[ -n $answer ]]
}

# Text of the bundle's with what is known only now.
salt='' prints='' fresh=''
filled() {
  local text
  text=$(<"$work/bundle/$1")
  text=${text//@PID@/$vm_pid}
  text=${text//@SUSPEND@/$suspend_ms}
  text=${text//@SALT@/$salt}
  text=${text//@PRINTS@/$prints}
  text=${text//@FRESH@/$fresh}
  printf '%s\n' "$text"
}

release_of() {
  if ! find_vm "$1"; then
    printf 'unknown: no node that can be asked'
    return
  fi
  printf '%s\n' 'V=case whereis(release_handler) of undefined->element(2,init:script_id());_->Rs=release_handler:which_releases(),hd([X||{_,X,_,current}<-Rs]++[X||{_,X,_,permanent}<-Rs]++[element(2,init:script_id())]) end,io:put_chars(["\nhot-deploy-says ",V,"\n"]).' >"$work/question"
  inside "$1" "$call_node" "$work/question"
  answer=$(told says)
  printf '%s' "${answer:-unknown: the node does not answer}"
}

# The lock is a container too: what came as an archive is unpacked in it, and read out of it file by file.
open_bundle() {
  mkdir "$work/hot-deploy-stage"
  show cp "$work/hot-deploy-stage" "$lock:/"
  show cp - "$lock:/hot-deploy-stage"
  if [[ -n $dry ]]; then
    # There is no lock to unpack it in, so what it holds is only known where tar is.
    if command -v tar >/dev/null && tar -xzf "$bundle" -C "$work" hot-deploy 2>"$work/complaint"; then
      mv "$work/hot-deploy" "$work/bundle"
      read_bundle
    fi
    return
  fi
  engine cp "$work/hot-deploy-stage" "$lock_id:/" || return 1
  docker cp - "$lock_id:/hot-deploy-stage" <"$bundle" >/dev/null 2>"$work/complaint" &
  finished $! || {
    say "$bundle cannot be unpacked: $(complaint)"
    return 1
  }
  engine cp "$lock_id:/hot-deploy-stage/hot-deploy" "$work/bundle" || {
    say "$bundle holds nothing for this script: make it anew"
    return 1
  }
  read_bundle || return 1
  engine cp "$lock_id:/hot-deploy-stage/${checksums[up]-}" "$work/checksums" || {
    say "$bundle is damaged: $(complaint)"
    return 1
  }
}

directories=()
read_bundle() {
  local key value
  while read -r key value; do
    case $key in
    schema) [[ $value == 1 ]] || {
      say "$bundle is of another version of hot-deploy: generate both anew"
      return 1
    } ;;
    from) from=$value ;;
    to) to=$value ;;
    image-from) image_from=$value ;;
    image-to) image_to=$value ;;
    root) root=$value ;;
    sha256-*) digest[${key#*-}]=$value ;;
    checksums-*) checksums[${key#*-}]=$value ;;
    directory) directories+=("$value") ;;
    esac
  done <"$work/bundle/about"
  ! engine image inspect --format '{{.Id}}' -- "$reference" || [[ $(said) != "$image_to" ]] || to_reference=$reference
}

# What the node has to hold anyway, under a salt of its own: nobody can check a guess by it later.
read_prints() {
  local words
  salt=$RANDOM$RANDOM$RANDOM$RANDOM$RANDOM
  mapfile -t words <"$work/bundle/boot-$2"
  HOT_DEPLOY_RESOLVER=$(filled "prints-$1.erl")
  export HOT_DEPLOY_RESOLVER
  inside "$3" "$(<"$work/bundle/prints.sh")" /dev/null "${words[@]}" "$(<"$work/bundle/evaluate")"
  unset HOT_DEPLOY_RESOLVER
  prints=$(told prints)
  [[ -n $prints ]] || {
    say 'the configuration of what runs could not be resolved in the container'
    return 1
  }
}

# `install up|down ID`: `answer` is what the node said, and empty where the answer was lost.
install() {
  local words
  answer=''
  find_vm "$2" || return 0
  # Both sets of values are resolved by a VM that boots the release which lies there in any case.
  read_prints "$1" up "$2" || {
    answer='refused before anything changed'
    return 0
  }
  mapfile -t words <"$work/bundle/boot-$1"
  {
    printf 'go\n'
    filled "install-$1.erl"
  } >"$work/question"
  HOT_DEPLOY_RESOLVER=$(filled "resolve-$1.erl")
  export HOT_DEPLOY_RESOLVER
  inside "$2" "$(<"$work/bundle/switch.sh")" "$work/question" \
    "${words[@]}" "$(<"$work/bundle/evaluate")" "${digest[$1]}" "$root/${checksums[$1]}"
  unset HOT_DEPLOY_RESOLVER
  answer=$(told says)
  [[ -n $answer ]] || say "$(complaint)"
}

# What runs, asked of the node until it has booted; an exec's exit code tells nothing.
await_state() {
  local until=$((SECONDS + 60))
  while ((SECONDS < until)); do
    ! ask "$1" state.erl || [[ $answer == booting || $answer == crashed* ]] || return 0
    pause 0.5
  done
  return 1
}

# Directories that the container has already must be what the bundle brings; the others are taken away again on the way back.
look_at_directories() {
  local at directory line
  local -a lines=()
  fresh=''
  for at in "${!directories[@]}"; do
    directory=${directories[at]}
    # shellcheck disable=SC2016 # the container's shell expands it
    if engine exec --user "$vm_user" "$1" sh -c '[ -e "$1" ]' sh "$root/$directory"; then
      while IFS= read -r line; do
        [[ ${line:66} != "$directory/"* && ${line:66} != "$directory" ]] || lines+=("$line")
      done <"$work/checksums"
    else
      fresh+=${fresh:+,}$at
    fi
  done
  ((${#lines[@]})) || return 0
  printf '%s\n' "${lines[@]}" >"$work/question"
  # shellcheck disable=SC2016
  docker exec --interactive --user "$vm_user" "$1" sh -c 'cd "$1" && sha256sum -c - >/dev/null && echo same' sh "$root" \
    <"$work/question" >"$work/said" 2>"$work/complaint" &
  finished $! || true
  [[ $(said) == same ]]
}

# What is written down of an upgrade by this bundle.
undertake_hot() {
  local at brought='' was=''
  for at in ${fresh//,/ }; do brought+=${brought:+, }$(json "${directories[at]}"); done
  [[ $source_image != "$image_from" ]] || was=$source_reference
  undertake "$1" deploy relup "$(version "$from" "$image_from" "$was")" "$(version "$to" "$image_to" "$to_reference")" \
    ", \"brought\": [$brought]"
}

hot_one() {
  local name=$1 directory
  settings_of "$name"
  look_at "$name" || return 1
  [[ -n $source_id ]] || {
    say "there is no container $name"
    return 1
  }
  local id=$source_id since
  open_ledger "$name" "$id"
  [[ -n ${ledger[$name]} ]] || {
    say "$name runs no node, or several, or one that cannot be reached: only a restart is possible (deploy)"
    return 1
  }
  if [[ -n $dry ]]; then
    root=${root:-$vm_root}
    ((${#directories[@]})) || directories=(lib/EACH_NEW_APPLICATION releases/NEW_VERSION)
  fi
  [[ $vm_root == "$root" ]] || {
    say "the release of $name is at $vm_root, and that of the bundle at $root"
    return 1
  }
  if [[ -z $dry ]]; then
    hot_recover "$name" "$id" && look_at "$name" || return 1
    is_ready "$name" "$id" || return "$((answer_code - 1))"
  fi
  look_at_directories "$id" || {
    say "$name holds other files under $to or the versions that it brings: $(complaint)"
    return 1
  }
  since=$started
  undertake_hot "$name"
  note "$name" stage "$id" || return 1
  hot_fresh[$name]=$fresh
  hot_begun+=("$name")
  for directory in "${directories[@]}"; do
    show cp "$lock:/hot-deploy-stage/$directory" -
    # With its owner, who is the release's.
    show cp - "$name:$root/${directory%/*}"
    [[ -z $dry ]] || continue
    docker cp "$lock_id:/hot-deploy-stage/$directory" - </dev/null 2>"$work/complaint" |
      docker cp - "$id:$root/${directory%/*}" >/dev/null || {
      say "$directory could not be brought into $name"
      return 1
    }
  done
  note "$name" switch "$id" || return 1
  show exec --interactive --user "$vm_user" "$name" sh -c "verify, resolve the configuration, install $to" hot-deploy "$vm_pid" "$vm_bin" "$vm_flag" "$vm_node"
  [[ -z $dry ]] || return 0
  install up "$id"
  local said=$answer
  await_state "$id" || {
    say "$name does not say what it runs"
    return 1
  }
  [[ $answer == new* && $said == installed ]] || {
    say "$name: the switch said '${said:-nothing}', and the node says '$answer'"
    return 1
  }
  say "$name runs $to; watching it for $soak s"
  soak_for "$id" "$since"
}

# Whether the node could be switched: 0 if not, 1 where it runs the new release already, else 2.
answer_code=0
is_ready() {
  answer_code=2
  ask "$2" ready.erl || {
    say "the node of $1 does not answer: $(complaint)"
    return 1
  }
  case $answer in
  ok) return 0 ;;
  already)
    answer_code=1
    say "$1 runs $to already"
    ;;
  *) say "$1: $answer" ;;
  esac
  return 1
}

# What an earlier run has left half-way between the same two releases: forward where it had begun to settle, else back.
hot_recover() {
  local name=$1 id=$2 entry run=$run at step
  read_traces "$id" || return 1
  [[ -n $cut_off ]] || return 0
  step=$last_step
  say "$name: $cut_off"
  engine cp "$id:$ledger_root/releases/hot-deploy/$last_file" "$work/entry" || return 1
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

soak_for() {
  local until=$((SECONDS + soak)) since=$2
  while ((SECONDS < until)); do
    facts "$1" || return 1
    [[ $running == true && $started == "$since" ]] || {
      say "$own ended or was restarted"
      return 1
    }
    [[ $health != unhealthy || -n ${sick[$own]-} ]] || {
      say "the HEALTHCHECK of $own fails"
      return 1
    }
    pause 0.5
  done
}

# Puts back the release that ran: by downgrade, else by a restart, which boots it as long as the new one is not permanent.
hot_back() {
  local name=$1 id
  list || return 1
  id=${ids[$name]-}
  [[ -n $id ]] || return 1
  fresh=${hot_fresh[$name]-}
  await_state "$id" || answer=unknown
  if [[ $answer != old ]]; then
    say "$name: going back to $from"
    note "$name" bring-back "$id" || true
    install down "$id"
    await_state "$id" || answer=unknown
  fi
  if [[ $answer != old ]]; then
    say "$name: no way back by downgrade ($answer), so the container is restarted"
    change restart "$id" || return 1
    await_state "$id" && [[ $answer == old ]] || return 1
  fi
  ask "$id" unstage.erl || true
  note "$name" undone "$id" || true
  say "$name runs $from"
}

hot_settle() {
  local name=$1 id=${ids[$1]-} until=$((SECONDS + drain))
  show exec --interactive "$name" sh -c "make $to permanent" hot-deploy
  note "$name" settle "$id" || true
  [[ -z $dry ]] || {
    note "$name" 'done' "$id"
    return
  }
  while ask "$id" unload.erl && [[ $answer != 'left 0' ]] && ((SECONDS < until)); do pause 0.5; done
  [[ $answer == 'left 0' ]] || say "$name: processes are still in old code ($answer)"
  ask "$id" permanent.erl || true
  local said=$answer
  if ! await_state "$id" || [[ $answer != 'new permanent' ]]; then
    say "$name: $to could not be made permanent ($said, $answer): a restart of the container would boot $from"
    return 1
  fi
  note "$name" 'done' "$id" || true
  say "$name runs $to, and boots it"
}

hot() {
  local name
  hot_way=yes
  open_bundle || exit 1
  for name in "${chosen[@]}"; do hot_one "$name" || exit 1; done
  hot_well=yes
  list || exit 4
  for name in "${hot_begun[@]}"; do hot_settle "$name" || exit 4; done
}

# Of the trap: answers the exit code.
hot_ending() {
  local at result=3
  [[ -z $hot_well ]] || return "$code"
  ((${#hot_begun[@]})) || return 1
  for ((at = ${#hot_begun[@]} - 1; at >= 0; at--)); do
    hot_back "${hot_begun[at]}" || {
      result=4
      say "${hot_begun[at]} could not be put back: look at it now"
    }
  done
  return "$result"
}
