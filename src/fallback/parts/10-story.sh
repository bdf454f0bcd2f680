# --- the story: what each command does. What fails ends the script, and so begins the way back: see `ending` ---

usage() {
  cat <<'USAGE'
Usage: hot-deploy.sh deploy|rollback|plan|status [--dry-run] [NAME...]
       hot-deploy.sh hot BUNDLE [--dry-run] [NAME...]

  deploy    build or pull the image, then replace each container; roll back on failure
  hot       load a bundle (hot-deploy-FROM-TO.tar.gz) into the running VM, with the checks of a deploy
  rollback  start the previous container again
  plan      the same as deploy --dry-run
  status    show what each container runs

  --dry-run               print each docker command that would change something, and change nothing
  --image IMAGE           deploy this image and build nothing; pulled if missing
  --context DIR           build from this folder
  --lock-timeout SECONDS  how long to wait for another deploy; 0 does not wait
  --force                 deploy even if the image runs already; roll back even across a hot upgrade

Without NAME, the command is for all containers below.
Exit codes: 0 done; 1 refused, nothing changed; 2 usage; 3 rolled back; 4 failed, manual intervention required.
USAGE
  printf '  %s\n' "${names[@]}"
}

misused() {
  printf 'hot-deploy: %s\n' "$1" >&2
  usage >&2
  exit 2
}

main() {
  local action=${1-} each
  case $action in
  deploy | hot | rollback | status) ;;
  plan) action=deploy dry=yes ;;
  --help | -h | help) usage && exit ;;
  *) misused "there is no command ${action:-given}" ;;
  esac
  shift
  while (($#)); do
    case $1 in
    --dry-run) dry=yes ;;
    --force) again=yes ;;
    --image | --context | --lock-timeout)
      [[ -n ${2-} ]] || misused "$1 needs a value"
      case $1 in --image) given_image=$2 ;; --context) context=$2 ;; *) lock_timeout=$2 ;; esac
      shift
      ;;
    --help | -h) usage && exit ;;
    -*) misused "there is no option $1" ;;
    *) if [[ $action == hot && -z $bundle ]]; then bundle=$1; else chosen+=("$1"); fi ;;
    esac
    shift
  done
  [[ $lock_timeout =~ ^[0-9]{1,6}$ ]] || misused "--lock-timeout takes seconds, and $lock_timeout is none"
  ((${#chosen[@]})) || chosen=("${names[@]}")
  for each in "${chosen[@]}"; do settings_of "$each" || misused "this script knows no container $each"; done
  [[ $action != hot || -r $bundle ]] || misused "there is no bundle ${bundle:-named}"
  umask 077
  work=$(mktemp -d)
  mkdir "$work/journal"
  learn "COOKIE=${HOT_DEPLOY_COOKIE-}"
  trap ending EXIT
  trap 'stopped=129' HUP
  trap 'stopped=130' INT
  trap 'stopped=143' TERM
  [[ -z $dry ]] || pretend
  engine version --format '{{.Server.Version}}' || fail "no docker engine answers: $(complaint)"
  "$action"
}

deploy() {
  # It takes its time, and needs no lock: nothing that runs is touched.
  provide_image
  under_lock
  # Another image than the script's own says nothing about what its name should mean.
  [[ -n $given_image || $reference == "$image_id" ]] || moving=yes
  meant "$reference"
  meant_before=$meant
  each_by deploy_one
}

rollback() {
  under_lock
  each_by rollback_one
}

hot() {
  way=hot
  under_lock
  open_bundle
  each_by hot_one
}

# The lock is a container, and so it is of some image that is there.
under_lock() {
  local each image=$image_id
  list
  for each in "${names[@]}" "${!ids[@]}"; do
    [[ -n ${ids[$each]-} ]] && facts "${ids[$each]}" && image=$its_image && break
  done
  take_lock "$image"
  recover
}

recover() {
  local each
  unfinished
  ((${#half[@]} == 0)) || say "an earlier run was cut off at ${half[*]}: that is finished or undone first"
  recovering=yes
  for each in "${half[@]}"; do
    try resume "$each"
    ((tried == 0)) || unsettled+=" $each ($(complaint))"
  done
  recovering=''
  [[ -z $unsettled ]] || fail "not recovered, so check these containers:$unsettled"
}

# Each container by `$1`, and only when all came through it is final for any. From there on only forward.
each_by() {
  local name
  for name in "${chosen[@]}"; do "$1" "$name"; done
  settling=yes
  conclude
}

# Each has its turn, whatever came of those before it, and once more where it failed. It may be begun again.
conclude() {
  while ((${#begun[@]})); do
    try "settle_$way" "${begun[0]}"
    ((tried == 0)) || try "settle_$way" "${begun[0]}"
    ((tried == 0)) || unsettled+=" ${begun[0]}"
    begun=("${begun[@]:1}")
  done
  [[ -z $unsettled ]] || fail "not made final:$unsettled" || return 1
  [[ -z $moving ]] || move_name || return 1
  moving=''
}

# Not where somebody else has moved it since.
move_name() {
  meant "$reference"
  if [[ $meant == "$meant_before" || $meant == "$image_id" ]]; then
    change tag "$image_id" "$reference"
  else
    say "$reference was left where it is: somebody else has moved it during this run. To move it:" \
      "docker tag $image_id $reference"
  fi
}

# However this script ends: what was begun is undone, or brought to its end where it had become final.
ending() {
  local code=$? at each
  # Whoever read what it says may have gone, too.
  trap '' INT TERM HUP PIPE
  trap - EXIT
  set +e
  stopped=''
  ((code == 0)) || code=1
  if [[ -e $work/lost || -n $dry ]]; then
    :
  elif [[ -n $settling ]]; then
    code=0
    conclude || code=4
  else
    ((${#begun[@]} == 0)) || code=3
    [[ -z $unsettled ]] || code=4
    for ((at = ${#begun[@]} - 1; at >= 0; at--)); do
      say "${begun[at]}: going back"
      try "undo_$way" "${begun[at]}"
      # Each act may be carried out again, and one lost call is no reason to wake somebody.
      ((tried == 0)) || try "undo_$way" "${begun[at]}"
      ((tried == 0)) || fail "${begun[at]} could not be put back. Check the container. $(complaint)" || code=4
    done
    # After those that served before, which are waited for.
    for each in "$work"/anew.*; do
      try unmake "$each"
      ((tried == 0)) || code=4
    done
  fi
  if [[ -e $work/lost ]]; then
    say "the lock on $environment $(<"$work/lost"): this run changes nothing more, not even back." \
      "What it has begun, the next run finishes or undoes"
    ((${#begun[@]} == 0)) && ! compgen -G "$work/anew.*" >/dev/null || code=4
  fi
  end_child "$beating"
  give_lock_back
  rm -rf "$work"
  exit "$code"
}

status() {
  local name each its_holder its_environment its_run its_state
  unfinished
  for name in "${chosen[@]}"; do
    if [[ -z ${ids[$name]-} ]] || ! facts "${ids[$name]}"; then printf '%s: not there\n' "$name"; else
      printf '%s: %s%s since %s, of %s (%s)\n' "$name" "$status" "${health:+ and $health}" "$started" \
        "$its_reference" "$its_image"
      ! find_vm "$id" || printf '%s: release %s\n' "$name" "$(boots "$id" "$vm_root")"
    fi
    ! is_cut_off "$name" || printf '%s: %s\n' "$name" "$cut_off"
    previous "$name"
    for each in "${found[@]}"; do printf '%s: kept %s\n' "$name" "$each"; done
  done
  ((${#half[@]} == 0)) || printf '%s: unfinished; the next deploy or rollback finishes or undoes it\n' "${half[@]}"
  its_holder=free
  [[ -z ${ids[$lock]-} ]] || ! read_holder "${ids[$lock]}" || its_holder=${its_holder:-taken}
  printf 'lock: %s\n' "$its_holder"
}

# A dry run: what would change something is said, and the rest goes on as if it had been done.
pretend() {
  change() { show "$@"; }
  resume() { :; }
  put_entry() { :; }
  watch() { :; }
  detect() { state=switched back=$source_id; }
  act_hot() { show exec --interactive "$2" sh -c "make $to permanent" hot-deploy; }
}
