# --- the VM in a container, and how it is asked ---

# The VM that serves in a container, as its own command line describes it.
find_vm() {
  local line word='' pid='' user='' group='' bin='' flag='' node='' root='' tool='' hidden='' value
  vm_pid='' vm_several=''
  room=256 bounded exec "$1" sh -c "$search_vms" </dev/null >"$work/vms" 2>"$work/complaint" &
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
      -root) root=${root:-$value} ;;
      -bindir) bin=$value ;;
      -sname | -name) flag=${flag:-$word} node=${node:-$value} ;;
      -boot)
        [[ $value != start_clean && $value != */start_clean ]] || tool=yes
        # A release without a runtime of its own lies where its boot script does.
        [[ $value != ?*/releases/*/* ]] || root=${value%/releases/*}
        ;;
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
  [[ -n $pid && -n $root && -n $bin && -z $tool && (-z $node_name || ${node%%@*} == "$node_name") ]] || return 0
  case ${vm_pid:+${vm_hidden:-no}-}${hidden:-no} in
  no-yes) return 0 ;;
  no-no | yes-yes) vm_several=yes && return 0 ;;
  *) vm_several='' ;;
  esac
  vm_pid=$pid vm_user=$user:$group vm_bin=$bin vm_flag=$flag vm_node=$node vm_root=$root vm_hidden=$hidden
}

# `inside ID FILE [WORD...]`: a shell beside the VM, as its user, with a script of the bundle's and what is in $work/question.
# Its exit code is no verdict: `answer` is what the node said in one line, and empty where it said nothing.
answer=''
inside() {
  local id=$1 script=$2 line
  shift 2
  answer=''
  held || return 0
  within=180 bounded exec --interactive --user "$vm_user" --env HOT_DEPLOY_RESOLVER --env HOT_DEPLOY_WAS "$id" \
    sh -c "$(<"$work/bundle/$script")" hot-deploy "$vm_pid" "$vm_bin" "$vm_flag" "$vm_node" "$@" \
    <"$work/question" >"$work/said" 2>"$work/complaint" &
  finished $! || true
  while IFS= read -r line; do
    case $line in
    'hot-deploy-answer {"ok":"'*) line=${line#*:'"'} answer=${line%'"}'} ;;
    'hot-deploy-answer {'*'"error":"overtaken"'*)
      printf 'was taken over by a later run, which has changed the node' >"$work/lost"
      lose
      ;;
    'hot-deploy-answer {'*) answer="refused $(foreign <<<"${line#* }")" ;;
    esac
  done <"$work/said"
}
