# --- the commands ---

usage() {
  cat <<'END'
Usage: hot-deploy.sh deploy|rollback|plan|status [--dry-run] [NAME...]
       hot-deploy.sh hot BUNDLE [--dry-run] [NAME...]

  deploy    build or pull the image, then replace each container; roll back on failure
  hot       load a bundle (hot-deploy-FROM-TO.tar.gz) into the running VM, with the checks of a deploy
  rollback  start the previous container again
  plan      show what deploy would do, and change nothing
  status    show what each container runs

  --dry-run        print each docker command that would change something, and change nothing
  --image IMAGE    deploy this image and build nothing; pulled if missing
  --context DIR    build from this folder
  --lock-timeout SECONDS
                   how long to wait for another deploy; 0 does not wait
  --force          deploy even if the image runs already; roll back even across a hot upgrade
  --help           show this help

Without NAME, the command is for all containers below.
Exit codes: 0 done; 1 refused, nothing changed; 2 usage; 3 rolled back; 4 failed, manual intervention required.
END
  printf '  %s\n' "${names[@]}"
}

misused() {
  printf 'hot-deploy: %s\n' "$1" >&2
  usage >&2
  exit 2
}

plan() {
  local name each
  unfinished || return 1
  ((${#half[@]} == 0)) || say "an earlier run was cut off at ${half[*]}: deploy would first finish or undo that"
  if [[ -n $build_options_known && -z $given_image ]]; then
    say "the image would be built from $context and become $reference"
  elif engine image inspect --format '{{.Id}}' -- "${given_image:-$reference}"; then
    say "the image is ${given_image:-$reference}, $(said)"
  else
    say "the image ${given_image:-$reference} would be pulled"
  fi
  for name in "${chosen[@]}"; do
    source_id=''
    settings_of "$name"
    look_at "$name" || return 1
    read_environment "$name" || return 1
    if [[ -z $source_id ]]; then
      say "$name is not there: it would be made anew"
    else
      say "$name ($(short "$source_id"), of $source_reference) would be replaced by a new container of that image"
      ! is_cut_off "$name" || say "$name: $cut_off"
    fi
    ((${#variables[@]} == 0)) || say "$name: the values of ${variables[*]} come from the container that runs"
    warn "$name"
  done
}

status() {
  local name each holder holder_by its_environment its_run
  unfinished || return 1
  for name in "${chosen[@]}"; do
    if [[ -z ${ids[$name]-} ]]; then
      printf '%s: not there\n' "$name"
    else
      facts "${ids[$name]}" || return 1
      printf '%s: %s%s since %s, of %s (%s)\n' "$name" "$status" "${health:+ and $health}" "$started" \
        "$its_reference" "$its_image"
      ! find_vm "$id" || printf '%s: release %s\n' "$name" "$(boots "$id" "$vm_root")"
    fi
    ! is_cut_off "$name" || printf '%s: %s\n' "$name" "$cut_off"
    previous "$name"
    for each in "${found[@]}"; do
      facts "${ids[$each]}" || continue
      printf '%s: kept %s, of %s, ended %s\n' "$name" "$each" "$its_reference" "$ended"
    done
  done
  ((${#half[@]} == 0)) || printf '%s: unfinished; the next deploy or rollback finishes or undoes it\n' "${half[@]}"
  if [[ -n ${ids[$lock]-} ]]; then
    read_holder "${ids[$lock]}" && printf 'lock: %s\n' "$holder_by"
  else
    printf 'lock: free\n'
  fi
}

# Undoes what was begun, however this script ends.
ending() {
  local code=$?
  # Whoever read what it says may have gone, too.
  trap '' INT TERM HUP PIPE
  trap - EXIT ERR
  set +e
  stopped=''
  [[ ! -e $work/lost ]] || lose
  if [[ -n $settling ]]; then
    code=0
    conclude || code=4
  elif ((${#begun[@]})) && [[ -z $dry ]]; then
    go_back
    code=$?
  elif ((code > 4)); then
    # A signal came before anything was touched.
    code=1
  fi
  # After those that served before, which are waited for.
  [[ -n $settling || -z $work ]] || unmake || code=4
  clean_up
  exit "$code"
}

clean_up() {
  stop_asking
  give_lock_back
  [[ -z $work ]] || rm -rf "$work"
}

# Each container by `$1`, and only when all came through it is final for any.
each_by() {
  local name
  for name in "${chosen[@]}"; do "$1" "$name" || exit 1; done
  # From here on forward, whatever comes.
  settling=yes
  conclude || exit 4
}

# Each has its turn, whatever came of those before it, and once more where it failed. It may be begun again.
conclude() {
  while ((${#begun[@]})); do
    "settle_$way" "${begun[0]}" || "settle_$way" "${begun[0]}" || unsettled+=" ${begun[0]}"
    begun=("${begun[@]:1}")
  done
  [[ -z $unsettled ]] || fail "not made final:$unsettled" || return 1
  [[ -z $moving ]] || change tag "$image_id" "$reference" ||
    fail "all containers run $image_id, and $reference still names what ran before" || return 1
  moving=''
}

# `go_back`: each, and what became of it in the exit code: 3 where all serve again, else 4.
go_back() {
  local at name code=3
  for ((at = ${#begun[@]} - 1; at >= 0; at--)); do
    name=${begun[at]}
    say "$name: going back"
    "undo_$way" "$name" || {
      code=4
      say "$name could not be put back. Check the container"
      ! engine ps --all --filter "name=^/$name" --format '{{.Names}}: {{.Status}}' || say "$(said)"
    }
  done
  return "$code"
}

main() {
  local action=${1-} name
  local -A opts=()
  case $action in
  deploy | hot | rollback | plan | status) shift ;;
  --help | -h | help) usage && exit ;;
  '') misused 'a command is missing' ;;
  *) misused "there is no command $action" ;;
  esac
  while (($#)); do
    case $1 in
    --dry-run) dry=yes ;;
    --force) again=yes ;;
    --image | --context | --lock-timeout)
      [[ -n ${2-} ]] || misused "$1 needs a value"
      opts[$1]=$2
      shift
      ;;
    --help | -h) usage && exit ;;
    -*) misused "there is no option $1" ;;
    *) if [[ $action == hot && -z $bundle ]]; then bundle=$1; else chosen+=("$1"); fi ;;
    esac
    shift
  done
  given_image=${opts["--image"]-} context=${opts["--context"]-$context} name=${opts["--lock-timeout"]-$lock_timeout}
  [[ $name =~ ^[0-9]{1,6}$ ]] || misused "--lock-timeout takes seconds, and $name is none"
  lock_timeout=$((10#$name))
  for name in "${chosen[@]}"; do settings_of "$name" || misused "this script knows no container $name"; done
  ((${#chosen[@]})) || chosen=("${names[@]}")
  [[ $action != hot || -n $bundle ]] || misused 'the bundle is missing'
  [[ $action != hot || -r $bundle ]] || misused "there is no bundle $bundle"
  for name in docker timeout; do command -v "$name" >/dev/null || fail "the command $name is missing" || exit 1; done

  trap ending EXIT
  trap 'stopped=129' HUP
  trap 'stopped=130' INT
  trap 'stopped=143' TERM
  who=$(id -un 2>/dev/null) || who="user $EUID"
  who+="@${HOSTNAME:-unknown}, hot-deploy.sh"
  umask 077
  work=$(mktemp -d)
  engine version --format '{{.Server.Version}}' || fail "no docker engine answers: $(complaint)" || exit 1
  case $action in
  plan) plan ;;
  status) status ;;
  *) under_lock "$action" ;;
  esac
}

# The lock is a container, and so it is of some image that is there.
image_of_any() {
  local name
  list || return 1
  for name in "${names[@]}" "${!ids[@]}"; do
    [[ -n ${ids[$name]-} ]] || continue
    facts "${ids[$name]}" || continue
    printf '%s' "$its_image"
    return 0
  done
  printf '%s' "$image_id"
}

under_lock() {
  local image
  # It takes its time, and needs no lock: nothing that runs is touched.
  [[ $1 != deploy ]] || provide_image || exit 1
  image=$(image_of_any)
  take_lock "$image" || exit 1
  if [[ -z $dry ]]; then
    recover || exit 4
  else
    unfinished || exit 1
    ((${#half[@]} == 0)) || say "an earlier run was cut off at ${half[*]}: that would be finished or undone first"
  fi
  case $1 in
  deploy)
    # Another image than the script's own says nothing about what its name should mean.
    [[ -n $given_image || $reference == "$image_id" ]] || moving=yes
    each_by deploy_one
    ;;
  rollback) each_by rollback_one ;;
  hot)
    way=hot
    open_bundle || exit 1
    each_by hot_one
    ;;
  esac
}

main "$@"
