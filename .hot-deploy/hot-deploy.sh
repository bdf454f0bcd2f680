#!/usr/bin/env bash
# Deploys to the containers below with bash 4 and the docker CLI, and nothing else: for the day when whatever else
# deploys them is not there. Made by hot-deploy. Their settings are those of the moment when it was made. --help says
# more; it is to be read from top to bottom: after the settings comes `main`, with the story of each command.
# It holds no value of their environment: those are read from the containers that run.
# shellcheck disable=SC1003,SC1110,SC1111,SC1112,SC2016,SC2088 # what stands in quotes below stands for itself
# shellcheck disable=SC2015 # A && B || C: C where one of them fails
set -Eeuo pipefail
set -m
export LC_ALL=C
if ((BASH_VERSINFO[0] < 4 || (BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] < 2))); then
  echo 'hot-deploy: this needs bash 4.2 or later' >&2
  exit 2
fi
# Before 4.4 an empty array counts as one that is not set.
((BASH_VERSINFO[0] > 4 || BASH_VERSINFO[1] > 3)) || set +u

# --- what to deploy, and to what ---

environment=model
lock=hot-deploy-lock-model
names=(
  web-1
  web-2
)
declare -A settings=(["web-1"]=container_0 ["web-2"]=container_1)
# The name that moves to the image after success.
reference=app:live
# Whether there is a way to build it; `deploy --image` leaves that out.
build_options_known=
context=.
build_options=()
# Build arguments: those that are exported to the client, and those that it has to be given.
build_values=()
build_needs=()
# How many containers that ran before are kept of each, stopped.
keep_previous=3
# Seconds, and milliseconds of the moment when processes are held.
health_timeout=120
soak=1
drain=30
suspend_ms=1000
# Seconds to wait for another deploy; --lock-timeout says otherwise.
lock_timeout=600
node_name=''

run=$RANDOM$RANDOM$RANDOM-$$
[[ ! -r /proc/sys/kernel/random/uuid ]] || run=$(</proc/sys/kernel/random/uuid)
who="$(id -un 2>/dev/null || echo "user $EUID")@${HOSTNAME:-unknown}, hot-deploy.sh"
dry='' again='' given_image='' bundle='' image_id='' chosen=()

# --- the containers' settings, without what their images bring ---

# web-1, made from app:live (sha256:e008ee8d076f4db987be3b5ec56be6795300d2a43428b353c4d973be06616bab)
container_0() {
  options=(
    --label=own=web-1
    --restart=no
    "--mount=type=volume,source=$(volume_at /data f07382dcab86541fbfeb0e938e7793c96448ccadb61bce7019da7cf46e956c66),"target=/data
    "--mount=type=volume,source=$(volume_at /other 077f3b1a6e6a6809ede8813f49c3eed663ebd6b9228702d548f9a3c67fb54adf),"target=/other
  )
  command=()
  variables=()
  with_values=()
  connect=()
  disconnect=()
  lives_in=()
  injected=()
  unsaid=()
}

# web-2, made from app:live (sha256:4e4cee750247a116480855e75f93210af3b1935e7d4a5b7afd058d18ec51b139)
container_1() {
  options=(
    --label=own=web-2
    --restart=no
    "--mount=type=volume,source=$(volume_at /data c18b9d386c37094a8b326053feb730d1adf404f940fece969937dc83a9fe4938),"target=/data
  )
  command=()
  variables=()
  with_values=()
  connect=()
  disconnect=()
  lives_in=()
  injected=()
  unsaid=()
}

# --- what a shell inside a container is given ---

# Tells of each Erlang VM how it was started.
search_vms=$(
  cat <<'END'
inside() {
  while IFS=: read -r _ _ own && IFS=: read -r _ _ its <&3; do
    case $its in "${own%/}/.."*) return 1 ;; "$own" | "${own%/}"/*) ;; *) return 1 ;; esac
  done </proc/self/cgroup 3<"$1/cgroup"
}
shared=
if [ -r /proc/self/cgroup ] && ! inside /proc/1; then shared=1; fi

for d in /proc/[0-9]*; do
  read -r comm 2>/dev/null <"$d/comm" || continue
  case $comm in beam*) ;; *) continue ;; esac
  [ -z "$shared" ] || inside "$d" || continue
  echo "vm ${d#/proc/}"
  sed -n 's/^Uid:[[:space:]]*\([0-9]*\).*/uid \1/p; s/^Gid:[[:space:]]*\([0-9]*\).*/gid \1/p' "$d/status"
  tr '\000' '\n' <"$d/cmdline" | sed -e '/^-setcookie$/{N;s/\n.*//;}' -e 's/^/arg /'
done
END
)

# --- what hot-deploy itself goes by, too ---

from_label=hot-deploy.from holder_label=hot-deploy.holder lock_label=hot-deploy.lock nonce_label=hot-deploy.nonce
reference_label=hot-deploy.reference replaces_label=hot-deploy.replaces run_label=hot-deploy.run
# Seconds between heartbeats, without one until a lock is free, between looks at it, and one look counts for at most.
heartbeat_every=3 silent_for=15 look_every=2 look_counts=2
# Seconds in which the engine removes an ended container with --rm; bytes of a journal at most; ways of its entries.
removed_within=60 journal_bytes=33554432 ways='relup|downgrade|modules|recreate|revive'

# --- what is done about a run that was cut off: hot-deploy itself goes by the same tables ---

# Steps of which one makes a whole run go forward; after which nothing is left to do; after which the engine may still
# be stopping the old container.
finishing='settle done' has_ended='done undone' may_be_stopping='stop restore'
# Of a restart, by the side of its run and by how far it came. The words are those of `act` below.
declare -A acts=(
  ["undo begun"]='await-stop return-policy discard-new await-old'
  ["undo stopped"]='await-removal return-policy retire-new return-old discard-new await-old'
  ["undo switched"]='await-removal return-policy retire-new return-old discard-new await-old'
  ["finish stopped"]='end-old await-removal place-new await-new pass-policy keep-old'
  ["finish switched"]='end-old await-new pass-policy keep-old'
)
# Of a hot load, by that side and by the version that the node says it runs. The words are those of `act_hot`.
declare -A hot_acts=(
  ["undo old"]=unstage
  ["undo new"]='downgrade unstage'
  ["finish old"]='upgrade make-permanent'
  ["finish new"]=make-permanent
)

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

# --- the switch. The containers' names say how far it came, and the journal, whose they are ---
#
#   NAME.hot-deploy-new-ID       the next one, before it has the name
#   NAME.hot-deploy-old-ID       the one that ran (ID is the beginning of its id), while the next one has the name
#   NAME.hot-deploy-previous-ID  kept, stopped, for a rollback
#
# Where a kept one takes the place, its own ID stands behind that of the one that ran.

# Those that are to be made final or taken back, in which way; from `settling` on there is only forward.
begun=() way=restart settling='' unsettled='' moving='' meant_before='' recovering=''
declare -A sick=()

deploy_one() {
  local name=$1 mark next use path
  source_id=''
  # Twice, since what it says of volumes is asked of the container that runs.
  settings_of "$name"
  look_at "$name"
  read_volumes
  settings_of "$name"
  read_environment "$name"
  for path in "${unsaid[@]}"; do say "$name: $path"; done
  use=$(name_of_image)
  if [[ -z $source_id ]]; then
    [[ " ${!ids[*]}" != *" $name.hot-deploy-old-"* ]] ||
      fail "there is no container $name, and one that may have to have the name"
    say "$name is not there: it is made anew"
    create "$name" "$use" "$image_id"
    change start "$made"
    watch "$made" "$soak"
    return
  fi
  # What cannot be read may be another release than the image's.
  was_loaded_hot "$source_id" || loaded_hot=yes
  ! is_cut_off "$name" || say "$name: $cut_off; a new container takes its place"
  if [[ -z $again && -z $dry && -z $cut_off && -z $loaded_hot && $source_image == "$image_id" ]]; then
    say "$name runs $use already"
    return
  fi
  mark=${source_id:0:12}
  undertake "$name" "$mark" deploy recreate "$(version '' "$image_id" "$use")"
  [[ $source_auto_remove != true ]] || create "$name.hot-deploy-old-$mark" "$source_image" "$source_image"
  create "$name.hot-deploy-new-$mark" "$use" "$image_id"
  next=$made
  for path in "${injected[@]}"; do
    show cp "$source_id:$path" "$next:$path"
    [[ -z $dry ]] || continue
    held
    plain_file "$source_id" "$path" || fail "$path cannot be brought along: $(complaint)"
    timeout -k 5 "$within" docker cp "$source_id:$path" - </dev/null | head -c 4200000 |
      docker cp - "$next:${path%/*}/"
  done
  say "$name: from $source_image to $image_id"
  intend "$name" "$(version "$(boots "$next" "$its_root")" "$image_id" "$use")"
  switch "$name" "$next" "$mark"
}

# The container that ran before, started again.
rollback_one() {
  local name=$1 back mark its_policy to to_reference
  settings_of "$name"
  look_at "$name" yes
  its_policy=$policy
  previous "$name"
  was_loaded_hot "$source_id"
  [[ -z $loaded_hot || -n $again ]] ||
    fail "$name was upgraded hot since it was started. A rollback goes back to the container before it, not to the" \
      "release before. For that, --force; for its own image, deploy --image $source_image."
  ((${#found[@]})) || fail "of $name no previous container is kept:" \
    "deploy the image that ran before, with deploy --image REFERENCE"
  back=${ids[${found[0]}]}
  mark=${source_id:0:12}${back:0:12}
  say "$name: back to ${found[0]}"
  facts "$back"
  to=$its_image to_reference=$its_reference
  undertake "$name" "$mark" rollback revive "$(version '' "$to" "$to_reference")" ",\"kept\":\"$back\""
  intend "$name" "$(version "$(boots "$back" "$its_root")" "$to" "$to_reference")"
  change rename "$back" "$name.hot-deploy-new-$mark"
  change update "--restart=$its_policy" "$back"
  switch "$name" "$back" "$mark"
}

# `undertake NAME MARK TASK WAY TO [MORE]`: the first step of a restart, if the names that it gives are free. A call of
# a killed run that was carried out after all leaves a container which was never started.
undertake() {
  local each
  for each in "$1.hot-deploy-new-$2" "$1.hot-deploy-old-$2" "$1.hot-deploy-previous-${2:0:12}"; do
    [[ -n ${ids[$each]-} ]] || continue
    is_known "$1" "${ids[$each]}" && facts "${ids[$each]}" && [[ $status == created ]] ||
      fail "the name $each is needed, and a container has it that hot-deploy has not made: look at it"
    change rm --volumes "${ids[$each]}"
  done
  its_root=''
  ! find_vm "$source_id" || its_root=$vm_root
  describe "$1" "$3" "$4" "$(version "$(boots "$source_id" "$its_root")" "$source_image" "$source_reference")" "${6-}"
  intend "$1" "$5"
  begun+=("$1")
  note "$1" create
}

# `switch NAME NEXT_ID MARK`: between `stop` and `start` nothing serves, and only two renames happen.
switch() {
  note "$1" stop
  change stop "$source_id"
  if [[ $source_auto_remove != true ]]; then
    change rename "$source_id" "$1.hot-deploy-old-$3"
  elif [[ -z $dry ]]; then
    await_absence "$source_id"
  fi
  change rename "$2" "$1"
  [[ -z $dry ]] || set -- "$1" "$1"
  change start "$2"
  watch "$2" "$soak"
}

settle_restart() {
  local each
  note "$1" settle || true
  detect "$1"
  [[ $state == none || $state == switched ]] || fail "$1 cannot be made final: its restart is $state"
  [[ $state == none ]] || act keep-old "$1"
  list
  previous "$1"
  # What runs is settled: that one stays longer than it was to, or that somebody has started one, is no reason to fail.
  for each in "${found[@]:$keep_previous}"; do change rm "$each" || true; done
  note "$1" 'done' || true
  ! facts "${ids[$1]-}" || say "$1 runs $its_reference"
}

undo_restart() {
  recall "$1" || true
  [[ $e_step != stop ]] || note "$1" restore || true
  bring undo "$1"
  note "$1" undone || true
}

# `look_at NAME [yes]`: what runs under a name, which may have to be there; refuses what could not be put right again.
look_at() {
  local host
  local -A values=()
  list
  source_id=${ids[$1]-} source_auto_remove=''
  [[ -n $source_id || -z ${2-} ]] || fail "there is no container $1"
  [[ -n $source_id ]] || return 0
  values_of "$source_id"
  facts "$source_id"
  source_auto_remove=$auto_remove source_image=$its_image source_reference=$its_reference
  source_origin=${origin:-$its_reference}
  [[ ! $source_origin =~ ^(sha256:)?[0-9a-f]{12,64}$ ]] || source_origin=''
  [[ $running == true && $status == running ]] ||
    fail "$1 is $status, and only a running container is re-created: start it, or remove it"
  [[ -z $swarm ]] || fail "$1 belongs to the Swarm service $swarm, which would replace it: update the service"
  [[ $health != unhealthy ]] || sick[$1]=1
  for host in "${lives_in[@]}"; do
    engine inspect --type container --format '{{.State.Running}}' "$host" && [[ $(said) == true ]] ||
      fail "$1 lives in the namespaces of container $host, which does not run: see to that first"
  done
}

# `found`: the previous objects of a container, the one that ran last first: those that the journal has put aside.
previous() {
  local each lines=''
  for each in "${!ids[@]}"; do
    [[ $each == "$1.hot-deploy-previous-${ids[$each]:0:12}" ]] && is_known "$1" "${ids[$each]}" || continue
    ! facts "${ids[$each]}" || lines+="$ended $each"$'\n'
  done
  mapfile -t found < <(printf '%s' "$lines" | sort -r | cut -d ' ' -f 2)
}

# Whether a release was loaded hot into a container, which its own layer tells.
was_loaded_hot() {
  loaded_hot=''
  engine diff "$1" || fail "what was written in ${1:0:12} cannot be read: $(complaint)" || return 1
  ! grep -qE '^[^D] .*/releases/start_erl\.data$' "$work/said" || loaded_hot=yes
}

# One with --rm that has ended is removed by the engine, in its own time, and by nobody else meanwhile.
await_absence() {
  local until=$((SECONDS + removed_within))
  while engine inspect --type container "$1" || ! is_missing; do
    ((SECONDS < until)) ||
      fail "${1:0:12} was started with --rm, has ended, and the engine has not deleted it" || return 1
    pause 0.1
  done
}

# `watch ID SECONDS [STARTED]`: it has to become healthy by the engine's HEALTHCHECK, first asked after an interval, and
# stay so without end or restart for that time, as far as it was looked at: without a HEALTHCHECK for 2 s at least.
watch() {
  local -A values=()
  local since=${3-} until=0 well=0 least step last=$SECONDS
  while facts "$1" || fail "the container is gone: $(complaint)"; do
    since=${since:-$started} least=$((${#health} || $2 > 2 ? $2 : 2)) step=$((SECONDS - last)) last=$SECONDS
    ((until)) || until=$((SECONDS + health_timeout + interval / 1000000000))
    if [[ $running != true || $status == restarting || $started != "$since" || (-z ${3-} && $restarts != 0) ]]; then
      say "$own ended with exit code $exit_code, or was restarted" && break
    elif [[ -z $health || $health == healthy || -n ${sick[$own]-} ]]; then
      ((well += step < look_counts ? step : look_counts, well < least)) || return 0
    elif [[ $health == unhealthy ]] || ((SECONDS > until)); then
      say "the HEALTHCHECK of $own fails: it is $health" && break
    fi
    pause 0.5
  done
  values_of "$1" || true
  say "the end of its log:"
  timeout -k 5 "$within" docker logs --tail 20 "$1" </dev/null 2>&1 | tail -c 16384 >"$work/log" || true
  # What begins amid a word may be the end of a secret.
  (($(wc -c <"$work/log") < 16384)) || sed -i '1s/^[^[:space:]]*//' "$work/log"
  foreign <"$work/log" | tail -c 8192 >&2 || true
  return 1
}

# --- finishing or undoing a restart, from what the engine lists ---

# `belongs ID`: whether a container is of the restart whose entry was read last: by its id, or by what only that run
# knew. Anybody can give a container a name.
belongs() { [[ $1 == "$e_id" || $1 == "$e_kept" || ${nonces[$1]-} == "\"$e_nonce\"" ]]; }

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

is_in_restart() { is_cut_off "$1" && [[ $state != none || $e_way == re[cv]* ]]; }

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
  note "$name" "${step[$side]}" || true
  say "$name: its deploy is ${step[$side]}"
}

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
  note "$name" stage
  for each in "${fresh[@]}"; do
    show cp "$lock:/$stage/$each" -
    # With its owner, who is the release's.
    show cp - "$name:$root/${each%/*}"
    [[ -z $dry ]] || continue
    held
    docker cp "$lock_id:/$stage/$each" - </dev/null 2>"$work/complaint" |
      docker cp - "$id:$root/${each%/*}" >/dev/null || fail "$each could not be brought into $name"
  done
  note "$name" switch
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
    note "$name" bring-back || true
    install "$id" down
    await_state "$id" && [[ $answer == old ]] || {
      say "$name: no way back by downgrade ($(foreign <<<"$answer")), so the container is restarted"
      change restart "$id"
    }
    ;;
  unstage)
    await_state "$id" && [[ $answer == old ]] || fail "the node of $name does not say that it runs $from"
    ask "$id" unstage || true
    note "$name" undone || true
    say "$name runs $from"
    ;;
  upgrade)
    install "$id" up
    await_state "$id" && [[ $answer == new* ]] ||
      fail "$name runs $from, and did not come to $to: $(foreign <<<"$answer")"
    ;;
  make-permanent)
    note "$name" settle || true
    while ask "$id" unload && [[ $answer != 'left 0' ]] && ((SECONDS < until)); do pause 0.5; done
    [[ $answer == 'left 0' ]] || say "$name: processes are still in old code ($(foreign <<<"$answer"))"
    ask "$id" permanent || true
    said=$answer
    await_state "$id" && [[ $answer == 'new permanent' ]] ||
      fail "$name: $to could not be made permanent ($(foreign <<<"$said, $answer")):" \
        "a restart of the container would boot $from"
    note "$name" 'done' || true
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
    [[ $boot != start_clean && $boot != */start_clean && ! $block =~ ${nl}arg\ (-remsh|--rpc-eval)$nl ]] || continue
    # A release without a runtime of its own lies where its boot script does.
    [[ $boot != ?*/releases/*/* ]] || root=${boot%/releases/*}
    for each in -name -sname; do ! argument "$each" || flag=$each node=$value; done
    [[ -z $node_name || ${node%%@*} == "$node_name" ]] || continue
    [[ ! $block =~ ${nl}arg\ -(proto_dist|erl_epmd_port|no_epmd)$nl ]] || flag=''
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

# --- the lock: a container that is created and never started; names are unique on an engine ---

beating='' lock_words=()
# What it is called once it was given back.
journal=${lock/-lock-/-journal-}

take_lock() {
  local kind line other its_holder its_environment its_run its_state
  local seen='' told='' looked=$SECONDS since=$SECONDS skipped=0 clock=0 changed=0 beats=0 waited
  lock_words=(create --name "$lock" --label "$lock_label=$environment" --label "$run_label=$run" --label
    "$holder_label={\"by\":$(json "$who"),\"since\":\"$(now)\"}" --network none --entrypoint hot-deploy-lock)
  # What the image says of its containers would be said of this one: it would be counted among them, and routed to.
  # And its volumes would be made, and stay.
  engine image inspect --format '{{range $key, $value := .Config.Labels}}label {{printf "% x" $key}}
{{end}}{{range $key, $value := .Config.Volumes}}tmpfs {{printf "% x" $key}}
{{end}}' "$1" || : >"$work/said"
  while read -r kind line; do
    decode "$line"
    [[ $kind != label || $decoded == *=* ]] || lock_words+=(--label "$decoded=")
    [[ $kind != tmpfs ]] || lock_words+=(--tmpfs "$decoded")
  done <"$work/said"
  lock_words+=("$1")
  show "${lock_words[@]}"
  [[ -z $dry ]] || return 0
  until engine "${lock_words[@]}"; do
    complaint >"$work/refusal"
    list
    other=${ids[$lock]-}
    if [[ -z $other ]] || ! read_holder "$other"; then
      # It may just have been given back.
      ((++beats < 5)) || fail "the lock $lock could not be made: $(<"$work/refusal")"
      continue
    fi
    [[ $its_environment == "$environment" && -n $its_run && -n $its_holder && $its_state == created ]] ||
      fail "$lock is the name of the lock on $environment, and of a container that is no lock: look at it"
    # Whoever holds it leaves another heartbeat every few seconds: of one that was killed a last one may still come. A
    # time in which nobody looked is no silence.
    plain_file "$other" "/heartbeat-${other:0:12}" || content=''
    ((SECONDS - looked <= look_counts)) || skipped=$((skipped + SECONDS - looked - look_counts))
    looked=$SECONDS clock=$((SECONDS - skipped))
    [[ ${seen%% *} == "$other" ]] || beats=-1
    [[ $seen == "$other $content" ]] || beats=$((beats + 1)) changed=$clock
    seen="$other $content"
    if ((clock - changed >= silent_for)); then
      say "$its_holder held $lock and is gone: taking it over"
      # By its id: what has the name by now may be the lock of another who saw the same.
      engine rename "$other" "$journal-${other:0:8}" || { list && [[ ${ids[$lock]-} != "$other" ]]; } ||
        fail "$lock could not be taken over by renaming it"
      continue
    fi
    waited=$((clock - since - lock_timeout))
    ((waited < 0 || (beats < 2 && waited < silent_for + 3 * heartbeat_every))) ||
      fail "somebody else deploys to $environment just now: $its_holder. Wait until that has ended, or give" \
        "--lock-timeout longer; if it has ended for sure: docker rename $lock $journal-${other:0:8}"
    [[ $told == "$other" ]] || say "waiting for the lock on $environment: $its_holder has it"
    told=$other
    pause "$look_every"
  done
  said >"$work/lock"
  open_journal
  heartbeat &
  beating=$!
}

# `read_holder ID`: whose lock it is, of which run, and of which environment.
read_holder() {
  local format holder
  format="{{.State.Status}}|$(label "$run_label")|$(label "$lock_label")|$(label "$holder_label")"
  engine inspect --type container --format "$format" "$1" || return 1
  IFS='|' read -r its_state its_run its_environment holder <"$work/said"
  holder=${holder//[[:cntrl:]]/ }
  member since "$holder"
  its_holder=${value:+ (since $value)}
  member by "$holder"
  its_holder=$value$its_holder
}

# `in_lock NAME`: where something of that name lies in the lock's container, as `docker cp` calls it.
in_lock() {
  local id
  id=$(<"$work/lock")
  printf '%s:/%s-%s' "$id" "$1" "${id:0:12}"
}

# In the background: every few seconds something that was not there before.
heartbeat() {
  while kill -0 "$$" 2>/dev/null; do
    printf '%s %s\n' "$run" "$SECONDS" >"$work/heartbeat"
    ! docker cp "$work/heartbeat" "$(in_lock heartbeat)" </dev/null >/dev/null 2>&1 ||
      printf '%s' "$SECONDS" >"$work/beaten"
    pause "$heartbeat_every"
  done
}

# Asked right before each change: whether this run still holds the lock. Where it does not, or that is not to be found
# out, nothing may be changed any more. If somebody pruned it away, it is made anew with all that was written down.
held() {
  [[ -n $opened ]] || return 0
  [[ ! -e $work/lost ]] || exit 1
  local beaten=0
  if engine inspect --type container --format '{{.Name}}' "$(<"$work/lock")"; then
    [[ $(said) == "/$lock" ]] || lose 'was taken over by another run'
    return 0
  fi
  is_missing || fail "whether this run still holds $lock is not to be found out: $(complaint)" || return 1
  [[ ! -e $work/beaten ]] || beaten=$(<"$work/beaten")
  # Others may have held it since.
  ((SECONDS - beaten < silent_for)) || lose "was lost: this run stood still for $((SECONDS - beaten)) s"
  engine "${lock_words[@]}" || lose 'was removed while this run held it, and another has it now'
  said >"$work/lock"
  put_journal
  say "somebody removed $lock, the lock of this run: it was taken again, and the run goes on." \
    "Keep \`docker container prune\` from it by --filter 'label!=$lock_label'"
}

lose() {
  printf '%s' "$1" >"$work/lost"
  exit 1
}

# By its name and this run's id: a signal may have come between its creation and the answer, or it was made anew since.
give_lock_back() {
  local own name=$journal-ID_OF_THAT_CONTAINER
  ((${#lock_words[@]})) || return 0
  [[ -z $dry ]] || show rename "$lock" "$name"
  list && own=${ids[$lock]-} && [[ -n $own && -z $dry ]] &&
    engine inspect --type container --format "$(label "$run_label")" "$own" && [[ $(said) == "$run" ]] || return 0
  name=$journal-${own:0:8}
  if [[ -n $opened ]] && compgen -G "$work/journal/*.json" >/dev/null; then
    engine rename "$own" "$name"
  else
    engine rm --force --volumes "$own"
  fi || say "$lock could not be given back: $(complaint). docker rename $lock $name frees it by hand"
}

# --- the journal: each step is written down in the lock's container before it is carried out: NUMBER-STEP.json ---
#
# It lies in /journal-ID, by the container's id, which whoever made its image cannot know: what lies in the image is no
# journal. hot-deploy itself reads it for its status, its rollback, and what it has to finish or undo. Given back, the
# container stays under another name: the next holder of the lock takes the newest of all along, into $work/journal,
# and removes the others. In a string of JSON a quote has a backslash before it: a name with its quotes is a name.

others=() token=0 opened=''
# Of the entry that was read last.
e_step='' e_details='' e_run='' e_way='' e_container='' e_id='' e_nonce='' e_kept='' e_from='' e_to=''
# By container: what all entries of this run say of it, and what it is to become.
declare -A details=() aim=()

# `read_entry LINE`: one that was torn is none.
read_entry() {
  local each value object='\{("([^"\\]|\\.)*"|[^"}])*\}'
  for each in run way container id nonce kept; do
    member "$each" "$1"
    printf -v "e_$each" '%s' "$value"
  done
  for each in from to; do
    [[ $1 =~ \"$each\":($object) ]] && printf -v "e_$each" '%s' "${BASH_REMATCH[1]}" || return 1
  done
  [[ $1 =~ ^\{\"schema\":1,\"at\":\"[^\"]*\",\"step\":\"([a-z-]+)\",\"token\":[0-9]+,(.*)\}$ ]] || return 1
  e_step=${BASH_REMATCH[1]} e_details=${BASH_REMATCH[2]}
  [[ $e_container =~ ^[A-Za-z0-9][A-Za-z0-9_.-]*$ && -n $e_run && -n $e_id && -n $e_nonce &&
    $e_way =~ ^($ways)$ ]]
}

# `member NAME TEXT`: `value`. Of the members that are read none has a quote in it.
member() {
  value=${2#*"\"$1\":\""}
  [[ $value != "$2" ]] && value=${value%%\"*} && [[ $value != *\\* ]] || value=''
}

# `recall NAME`: reads the last entry of a container.
recall() {
  local file
  e_step='' e_run='' e_way='' e_id='' e_kept='' e_nonce=''
  file=$(grep -slF "\"container\":\"$1\"," "$work"/journal/* | tail -n 1) || return 1
  read_entry "$(<"$file")"
}

# `is_known NAME ID`: a container that some run has found under the name, or has made or kept for it.
is_known() {
  [[ $(grep -shF "\"container\":\"$1\"," "$work"/journal/* |
    grep -cF -e "\"id\":\"$2\"" -e "\"kept\":\"$2\"" -e "\"nonce\":${nonces[$2]:-none},") != 0 ]]
}

# Whether the run of the entry that was read last has only forward to go.
is_forward() {
  [[ $(grep -shF "\"run\":\"$e_run\"" "$work"/journal/* | grep -cE "\"step\":\"(${finishing// /|})\"") != 0 ]]
}

# `read_journal [OWN]`: the newest of all but that in the container OWN.
read_journal() {
  local each name told most newest=-1
  local -a all
  engine ps --all --no-trunc --filter "label=$lock_label=$environment" --filter "label=$run_label" \
    --filter status=created --format '{{.ID}} {{.Names}}' ||
    fail "the engine does not list its journals: $(complaint)"
  mapfile -t all <"$work/said"
  for each in "${all[@]}"; do
    name=${each#* } each=${each%% *}
    [[ $each != "${1-}" && ($name == "$lock" || $name =~ ^"$journal"-[0-9a-zA-Z-]{1,8}$) ]] || continue
    others+=("$each")
    unpack "$each" "/journal-${each:0:12}" "$journal_bytes" || is_missing ||
      fail "the journal in $name cannot be read: $(complaint)"
    told=${contents[token]-} told=${told%$'\n'}
    most=$(printf '%s\n' 0 "${!contents[@]}" | grep -oE '^[0-9]{1,15}' | sort -n | tail -n 1)
    [[ $told =~ ^[0-9]{1,15}$ ]] || told=0
    ((10#$told > token || (10#$told == token && 10#$most > newest))) || continue
    token=$((10#$told)) newest=$((10#$most))
    rm -rf "$work/journal"
    mkdir "$work/journal"
    # By what hot-deploy knows the throw-away containers of its runs: this script makes none.
    printf '%s' "${contents[runs]-}" >"$work/runs"
    for name in "${!contents[@]}"; do
      if ! [[ $name =~ ^[0-9]{6,15}-[a-z-]+\.json$ ]]; then
        continue
      elif read_entry "${contents[$name]%$'\n'}"; then
        printf '%s' "${contents[$name]}" >"$work/journal/$name"
      else
        say "the entry $name of the journal cannot be read, and is left out"
      fi
    done
  done
}

# The token comes last: without it a copy that was cut off would count, and what it was made of would go.
put_journal() {
  engine cp "$work/journal/." "$(in_lock journal)" &&
    { [[ ! -s $work/runs ]] || engine cp "$work/runs" "$(in_lock journal)/runs"; } &&
    engine cp "$work/token" "$(in_lock journal)/token"
}

open_journal() {
  local each made
  read_journal "$(<"$work/lock")"
  # By the engine's clock: a node knows the tokens of runs before also where their journal was pruned.
  engine inspect --type container --format '{{.Created}}' "$(<"$work/lock")"
  made=$(said)
  made=$(date -u -d "${made:0:10} ${made:11:8}" +%s)
  token=$((made > token ? made : token + 1))
  printf '%s\n' "$token" >"$work/token"
  put_journal || fail "the journal could not be taken along: $(complaint)"
  opened=yes
  # By no force, and with no volume: what was never started, and was made by us, needs neither.
  for each in "${others[@]}"; do engine rm "$each" || true; done
}

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

# Strings of JSON, with commas between them.
json() {
  local text list='' slash='\' mark='"'
  for text; do
    text=${text//"$slash"/"$slash$slash"}
    text=${text//"$mark"/"$slash$mark"}
    list+=",\"${text//[[:cntrl:]]/ }\""
  done
  printf '%s' "${list#,}"
}

# `version RELEASE IMAGE REFERENCE`: one side of a deploy; what is unknown is left out.
version() {
  printf '{"image":%s' "$(json "$2")"
  [[ -z $1 ]] || printf ',"version":%s' "$(json "$1")"
  [[ -z $3 || $3 == sha256:* ]] || printf ',"reference":%s' "$(json "$3")"
  printf '}'
}

# `describe NAME TASK WAY FROM [MORE]`: what all entries of this run say of a container, and what its new one is known
# by. `intend NAME TO`: what it is to become.
describe() {
  its_from=$4 nonce=$(od -An -N16 -tx1 /dev/urandom | tr -d '[:space:]')
  details[$1]="\"run\":\"$run\",\"task\":\"$2\",\"way\":\"$3\",\"container\":$(json "$1"),\"id\":\"$source_id\","
  details[$1]+="\"nonce\":\"$nonce\",\"from\":$4,\"fleet\":[$(json "${chosen[@]}")],"
  details[$1]+="\"environment\":$(json "$environment"),"
  details[$1]+="\"by\":$(json "$who")${5-}"
  [[ -z $its_root ]] || details[$1]+=",\"root\":$(json "$its_root")"
}
intend() { aim[$1]=",\"to\":$2"; }

# `note NAME STEP`: in a file that is never written again. What failed before its first step has nothing to tell of.
note() {
  local file number all=("$work"/journal/*)
  [[ -n ${details[$1]-} ]] || return 0
  number=${all[-1]##*/}
  [[ $number == [0-9]*-* ]] || number=0
  printf -v file '%06d-%s.json' "$((10#${number%%-*} + 1))" "$2"
  show cp "journal/$file" "$lock:/journal-ID/$file"
  printf '{"schema":1,"at":"%s","step":"%s","token":%s,%s}\n' "$(now)" "$2" "$token" "${details[$1]}${aim[$1]-}" \
    >"$work/journal/$file"
  # It may be there also where the answer is lost. Once more, where the lock was made anew in between.
  put_entry "$file" || put_entry "$file" || fail "$1: the step $2 could not be written down: $(complaint)"
}

put_entry() { held && engine cp "$work/journal/$1" "$(in_lock journal)/$1"; }

# --- the image, and a container like the one that runs ---

# Made sure of before anything stops. What is built gets its name after the deploy has succeeded, and never before.
provide_image() {
  local each words=(build --iidfile "$work/image-id" "${build_options[@]}" -- "$context")
  if [[ -z $build_options_known || -n $given_image ]]; then
    reference=${given_image:-$reference} image_id=$reference
    engine image inspect --format '{{.Id}}' -- "$reference" || {
      show pull -- "$reference"
      [[ -z $dry ]] || return 0
      docker pull -- "$reference" </dev/null >&2 && engine image inspect --format '{{.Id}}' -- "$reference" ||
        fail "the engine has no image $reference, and it cannot be pulled" || return 1
    }
  else
    for each in "${build_needs[@]}"; do
      [[ -v $each ]] ||
        fail "the build takes $each from the environment: set it, or generate this script with --with-env"
    done
    # Where the plug-in is, a builder could keep the image to itself without --load.
    ! docker buildx version </dev/null >/dev/null 2>&1 || [[ ${DOCKER_BUILDKIT-} == 0 ]] ||
      words=(buildx build --load "${words[@]:1}")
    show "${words[@]}"
    image_id=ID_OF_THAT_IMAGE
    [[ -z $dry ]] || return 0
    learn "${build_values[@]}"
    for each in "${build_needs[@]}"; do learn "$each=${!each}"; done
    (
      for each in "${build_values[@]}"; do export "${each?}"; done
      # The plug-in would else run git in the context.
      BUILDX_GIT_INFO=false exec docker "${words[@]}" </dev/null
    ) 2>&1 | foreign >&2 || fail "docker build of $context failed"
    engine image inspect --format '{{.Id}}' -- "$(<"$work/image-id")" ||
      fail "the image was built, and the engine does not have it: unset BUILDX_BUILDER"
  fi
  image_id=$(said)
}

# `meant NAME`: the id of the image that has the name: `meant`.
meant() {
  meant=''
  ! engine image inspect --format '{{.Id}}' -- "$1" || meant=$(said)
}

# The user's own name for the image where it means that image.
name_of_image() {
  meant "$reference"
  if [[ $meant == "$image_id" ]]; then printf '%s' "$reference"; else printf '%s' "$image_id"; fi
}

# Sets what is said above of the container with this name.
settings_of() { [[ -n ${settings[$1]-} ]] && "${settings[$1]}"; }

# Volumes that the engine made for the container that runs, by where they are mounted: a new one has to have them too.
# `volume_at TARGET NAME`: NAME holds where no container is left to ask.
declare -A mounted=()
read_volumes() {
  local volume target
  mounted=()
  [[ -n $source_id ]] || return 0
  engine inspect --type container --format '{{range .Mounts}}{{if eq (print .Type) "volume"}}{{.Name}} {{.Destination}}
{{end}}{{end}}' "$source_id"
  while read -r volume target; do [[ -z $volume ]] || mounted[$target]=$volume; done <"$work/said"
}
volume_at() { printf '%s' "${mounted[$1]-$2}"; }

# The values of `variables` as the container that runs has them: no value of theirs is written in this script.
entries=()
read_environment() {
  local name
  local -A values=()
  entries=("${with_values[@]}")
  learn "${entries[@]}"
  ((${#variables[@]})) || return 0
  [[ -n $source_id ]] || fail "$1 is not there, so its environment cannot be read from it (${variables[*]}):" \
    "generate the script with --with-env"
  values_of "$source_id"
  for name in "${variables[@]}"; do
    [[ -n ${values[$name]-} ]] || fail "$1 has no variable $name any more: generate the script anew"
    entries+=("${values[$name]}")
  done
}

# `values_of ID`: the environment of a container, by its names: `values`. Nothing of it is shown from here on.
values_of() {
  local line
  engine inspect --type container --format '{{range .Config.Env}}{{printf "% x" .}}
{{end}}' "$1" || return 1
  while IFS= read -r line; do
    decode "$line"
    [[ $decoded != ?*=* ]] || values[${decoded%%=*}]=$decoded
  done <"$work/said"
  learn "${values[@]}"
}

# `create NAME FROM ID`: with everything that the settings say; not started. Its id is in `made`. Of one that has its
# name from the beginning, since there was none, it stays written down for as long as it may have to be taken back.
create() {
  local entry name value answer=$work/made
  local -a named=() lines=() exported=() words=() of=() ours=()
  if [[ $1 == *.hot-deploy-* ]]; then
    ours=("--label=$run_label=$run" "--label=$replaces_label=$source_id" "--label=$nonce_label=$nonce"
      "--label=$from_label=$its_from" ${source_origin:+"--label=$reference_label=$source_origin"})
  else
    answer=$work/anew.$1 ours=("--label=$run_label=$run")
  fi
  # On a command line everybody on the host could read the values, so they go in by a pipe, or by the client's own
  # environment where they have several lines. Only what would change the client itself is left for the command line.
  for entry in "${entries[@]}"; do
    name=${entry%%=*} value=${entry#*=}
    named+=("--env=$name")
    if [[ $entry == *=* && $name =~ ^[A-Za-z_][A-Za-z0-9_.-]*$ && $value != *[$'\n\r']* && ${#value} -lt 60000 ]]; then
      lines+=("$entry")
    elif [[ $entry == *=* && $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ && ! -v $name && ! $name =~ (proxy|PROXY)$ &&
      ! $name =~ ^(DOCKER|BUILD|LD_|GO|SSL_|SSH_|XDG_|TMP|TERM|LANG|LC_|BASH) ]]; then
      exported+=("$entry")
      words+=("--env=$name")
    else
      words+=("--env=$entry")
    fi
  done
  show create --name "$1" "${named[@]}" "${options[@]}" "${ours[@]}" -- "$2" "${command[@]}"
  made=$1
  if [[ -z $dry ]]; then
    held
    (
      for entry in "${exported[@]}"; do export "${entry?}"; done
      exec docker create --name "$1" --env-file <(printf '%s\n' "${lines[@]}") \
        "${words[@]}" "${options[@]}" "${ours[@]}" -- "$2" "${command[@]}"
    ) </dev/null >"$answer" 2>"$work/complaint" &
    finished $! || fail "$1 could not be created: $(complaint)"
    made=$(tail -n 1 "$answer")
  fi
  for entry in "${connect[@]}"; do
    of+=("$entry")
    [[ $entry == -- ]] || continue
    change network connect "${of[@]:0:${#of[@]}-1}" "$made"
    of=()
  done
  for entry in "${disconnect[@]}"; do change network disconnect "$entry" "$made"; done
  [[ -z $dry ]] || return 0
  facts "$made"
  [[ $its_image == "$3" ]] || fail "$2 is $its_image now and not $3: somebody moved the tag"
}

# `unmake FILE`: where there was no container, there is none again. The answer may have been lost: one that never ran is
# ours if this run has made it.
unmake() {
  local name=${1##*/anew.}
  [[ -e $1 ]] || return 0
  id=$(tail -n 1 "$1")
  if [[ -z $id ]]; then
    list
    [[ -n ${ids[$name]-} ]] && facts "${ids[$name]}" && [[ $status == created ]] &&
      engine inspect --type container --format "$(label "$run_label")" "$id" && [[ $(said) == "$run" ]] || return 0
  fi
  say "$name: there was none, and it is removed again"
  change rm --force --volumes "$id" || await_absence "$id"
}

# --- how it speaks, and how it talks to the engine ---

# Nobody may be there any more who reads it.
say() { printf 'hot-deploy: %s\n' "$*" >&2 || true; }

fail() {
  say "$@"
  return 1
}

# What another program wrote: no line of it is a command to a runner that shows it, nothing in it drives a terminal, and
# it is without what was learned, and without a password in an address.
foreign() {
  local line value mark=$'\xe2\x80\x8b' escape=$'\e' address='\(:\/\/[^[:space:]:@/]*:\)[^[:space:]/]*@'
  sed "s/\r/ /g; s/$escape\[[0-9;:<=>?]*[ -/]*[@-~]//g; s/[[:cntrl:]]//g; s/$address/\1***@/g" |
    while IFS= read -r line || [[ -n $line ]]; do
      for value in "${masked[@]}"; do line=${line//"$value"/***}; done
      [[ ! $line =~ ^[^!-~]*:: ]] || line=${line/::/${mark}::}
      printf '%s\n' "${line//'##['/##${mark}[}"
    done
}

# `learn KEY=VALUE...`: values that are not to be read where another program is quoted: any of 8 letters, and of 4 where
# the name says that it is a secret; each line, and the password in an address.
masked=()
declare -A learned=()
ordinary=' production staging development localhost password postgres postgresql internal database embedded '
learn() {
  local entry value least
  for entry; do
    [[ ! ${entry%%=*} =~ ^(PATH|HOME|LANG|LANGUAGE|LC_.*|TERM|PWD|SHLVL)$ ]] || continue
    least=8
    [[ ! ${entry%%=*} =~ (PASS|PWD|SECRET|TOKEN|KEY|CREDENTIAL|COOKIE|DSN|SALT|pass|secret|token|key) ]] || least=4
    while IFS= read -r value; do
      [[ ! $value =~ ://[^[:space:]:@/]*:([^[:space:]/]+)@ ]] || spell 4 "${BASH_REMATCH[1]}"
      spell "$least" "$value"
    done <<<"${entry#*=}"
  done
  # The longest first: of two that begin alike nothing is left.
  for value in "${masked[@]}"; do printf '%s\t%s\n' "${#value}" "$value"; done |
    sort -rn | uniq | cut -f 2- >"$work/masked"
  mapfile -t masked <"$work/masked"
}

# `spell LEAST TEXT`: as programs write it: as it is, percent-encoded, escaped, in numbers, and in base64 at any place.
spell() {
  local text=$2 slash='\' quote='"' comma=, at byte percent='' escaped core first last
  local -a hex=() numbers=()
  ((${#text} >= $1)) && [[ $ordinary != *" $text "* && -z ${learned[$text]-} && ! $text =~ ^[0-9]{1,7}$ &&
    " ${names[*]-} ${reference-} " != *"$text"* ]] || return 0
  learned[$text]=1
  read -r -d '' -a hex < <(printf '%s' "$text" | od -An -v -tx1) || true
  read -r -d '' -a numbers < <(printf '%s' "$text" | od -An -v -tu1) || true
  for ((at = 0; at < ${#hex[@]}; at++)); do
    byte=${text:at:1}
    [[ $byte == [A-Za-z0-9_.~-] ]] || byte=%${hex[at]^^}
    percent+=$byte
  done
  escaped=${text//"$slash"/"$slash$slash"}
  escaped=${escaped//"$quote"/"$slash$quote"}
  masked+=("$text" "$percent" "$escaped" "${escaped//'#{'/"$slash#{"}")
  byte=$(IFS= && printf '%s' "${hex[*]}")
  masked+=("$byte" "${byte^^}")
  byte=$(IFS=$comma && printf '%s' "${numbers[*]}")
  masked+=("$byte" "${byte//,/, }")
  for at in 0 1 2; do
    core=$({ head -c "$at" /dev/zero && printf '%s' "$text"; } | base64 -w 0)
    first=$(((8 * at + 5) / 6)) last=$((8 * (at + ${#text}) / 6))
    core=${core:first:last-first} byte=${core//+/-}
    ((${#core} < 5)) || masked+=("$core" "${byte//\//_}")
  done
}

export -n HOT_DEPLOY_COOKIE

# `engine WORD...`: one call of the docker CLI, which is given $input and answers at most $room KiB in $within seconds.
input=/dev/null room=16384 within=60
engine() {
  local code=0
  (
    trap '' XFSZ
    ulimit -f "$room"
    exec timeout -k 5 "$within" docker "$@"
  ) <"$input" >"$work/said" 2>"$work/complaint" &
  finished $! || code=$?
  ((code != 124)) || printf 'it took more than %s s' "$within" >"$work/complaint"
  ((code == 0)) || (($(wc -c <"$work/said") < room * 1024)) ||
    printf 'it says more than %s KiB' "$room" >"$work/complaint"
  return "$code"
}

# What it said last, the beginning of what it complained of, and whether that was that there is no such thing.
said() { printf '%s' "$(<"$work/said")"; }
complaint() {
  local text
  text=$(head -c 8192 "$work/complaint" | foreign)
  printf '%s' "${text:0:500}"
}
is_missing() { [[ $(complaint) == *[Nn]'o such '* || $(complaint) == *'ould not find the file'* ]]; }

# With `set -m` each child is in a process group of its own: Ctrl-C reaches this script alone, and what was asked of the
# engine comes to its end, so that what is true is known when things are put back. A signal only leaves its mark.
stopped=''
finished() {
  local code=0
  wait "$1" || code=$?
  while ((code > 128)) && kill -0 "$1" 2>/dev/null; do wait "$1" && code=0 || code=$?; done
  [[ -z $stopped ]] || exit "$stopped"
  return "$code"
}

# `try WORD...`: what fails in it ends it alone, and not the script: then `tried` is not 0.
try() {
  tried=0
  (
    set -e
    "$@"
  ) &
  finished $! || tried=$?
}

# With all that it has started.
end_child() {
  [[ -z $1 ]] || {
    kill -KILL -- "-$1" || kill -KILL "$1"
    wait "$1"
  } >/dev/null 2>&1 || true
}

# Every command that changes something goes through here, or is shown and asks `held` itself.
show() { { printf docker && printf ' %q' "$@" && echo; } 2>/dev/null || true; }
change() {
  show "$@"
  held || return 1
  within=86400 engine "$@" || fail "docker $1 failed: $(complaint)"
}

pause() { sleep "$1" 2>/dev/null || sleep 1 || true; }

# The ids of all containers by their exact names (`docker ps --filter name=` would match a part), and what only the
# journal knows of those that a restart made.
declare -A ids=() nonces=()
list() {
  local id each nonce
  local -a all
  engine ps --all --no-trunc --format "{{.ID}} {{.Names}} {{json (.Label \"$nonce_label\")}}" ||
    fail "the engine does not list its containers: $(complaint)" || return 1
  ids=() nonces=()
  while read -r id each nonce; do
    nonces[$id]=$nonce
    IFS=, read -r -a all <<<"$each"
    # With a slash it is what another container calls it, by a link.
    for each in "${all[@]}"; do [[ $each == */* ]] || ids[$each]=$id; done
  done <"$work/said"
}

# `facts ID`: of one container. `.Id` is no field of the client's own type, so the template sees the engine's answer as
# it is, in which a field may be missing: `index` takes that. `missing` is 0 where there is none such.
label() { printf '{{with .Config.Labels}}{{with index . "%s"}}{{.}}{{end}}{{end}}' "$1"; }
of_container='{{.Id}}|{{.Name}}|{{.Image}}|{{.State.Status}}|{{.State.Running}}'
of_container+='|{{with index .State "Health"}}{{.Status}}{{end}}'
of_container+='|{{with index .Config "Healthcheck"}}{{.Interval}}{{end}}|{{.State.ExitCode}}|{{.State.StartedAt}}'
of_container+='|{{.State.FinishedAt}}|{{.RestartCount}}|{{.HostConfig.AutoRemove}}'
of_container+='|{{.HostConfig.RestartPolicy.Name}}:{{.HostConfig.RestartPolicy.MaximumRetryCount}}|{{.Config.Image}}'
of_container+="|$(label "$reference_label")|$(label com.docker.swarm.service.name)|$(label com.docker.compose.project)"
facts() {
  missing=1
  engine inspect --type container --format "$of_container" "$1" || {
    ! is_missing || missing=0
    return 1
  }
  IFS='|' read -r id own its_image status running health interval exit_code started ended restarts auto_remove policy \
    its_reference origin swarm compose <"$work/said"
  own=${own#/} policy=${policy%:0} policy=${policy#:}
  [[ $interval =~ ^[1-9][0-9]*$ ]] || interval=30000000000
}

# Bytes as `printf "% x"` of the engine's templates writes them: exact, whatever they are.
decode() {
  decoded=
  [[ -z $1 ]] || printf -v decoded '%b' "\\x${1// /\\x}"
}

# `unpack ID PATH LIMIT`: what the plain files of a container's path hold, by their names: fills `contents`. By way of
# the engine's archive: `docker cp` into a folder makes a link that lies there anew, and what is read or written by its
# name next is any file of the host. All or nothing: an archive without its end was cut off. NULs are none of a text.
declare -A contents=()
unpack() {
  local header size content kind
  contents=() kinds=
  { timeout -k 5 "$within" docker cp "$1:$2" - </dev/null 2>"$work/complaint" ||
    true; } | head -c "$3" | tr '\0' '\1' >"$work/archive" &
  finished $! || true
  while IFS= read -r -N 512 header; do
    [[ $header != $'\1'* ]] || return 0
    size=${header:124:11} kind=${header:156:1} content='' kinds+=$kind
    [[ $size =~ ^[0-7]+$ ]] || break
    size=$((8#$size))
    ((size == 0)) || IFS= read -r -N "$size" content || break
    ((size % 512 == 0)) || IFS= read -r -N $((512 - size % 512)) || break
    # More about the file that follows: with a size, one that is too large for the place where a size stands.
    [[ $kind != x || $content != *' size='* ]] || break
    header=${header:0:100} header=${header%%$'\1'*} header=${header##*/}
    [[ $kind != 0 || -z $header ]] || contents[$header]=$content
  done <"$work/archive"
  [[ -s $work/complaint ]] || printf '%s' "$2 is no plain file, or too large" >"$work/complaint"
  return 1
}

# `plain_file ID PATH`: what a plain file of at most 4 MB holds: `content`.
plain_file() {
  unpack "$1" "$2" 4200000 || return 1
  content=${contents[*]}
  [[ $kinds != ?(x)0 || ${!contents[*]} != "${2##*/}" ]] || return 0
  printf '%s is no plain file' "$2" >"$work/complaint"
  return 1
}

# `boots ID ROOT`: the release that a container boots, whether it runs or not.
boots() {
  [[ -n $2 ]] && plain_file "$1" "$2/releases/start_erl.data" || return 0
  content=${content#* }
  content=${content%%[[:space:]]*}
  printf '%s' "${content//[[:cntrl:]]/}"
}

main "$@"
