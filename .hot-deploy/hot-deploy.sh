#!/usr/bin/env bash
# Deploys to the containers below with bash 4 and the docker CLI, and nothing else: for the day when whatever else deploys
# them is not there. Made by hot-deploy. Their settings are those of the moment when it was made. --help says more.
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
environment_json='"model"'
lock=hot-deploy-lock-model
names=(
  web
)
declare -A settings=(["web"]=container_0)
# The name that moves to the image after success.
reference=app:live
# Whether there is a way to build it; `deploy --image` leaves that out.
build_options_known=
context=/tmp/hot-deploy-strangers-Vw97H9
build_options=()
build_arguments=()
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
shown=1 dry='' again='' given_image='' bundle='' image_id='' work=''
chosen=() found=() half=()

# --- the containers' settings, without what their images bring ---

# web, made from app:live (sha256:4e4cee750247a116480855e75f93210af3b1935e7d4a5b7afd058d18ec51b139)
container_0() {
  options=(
    --label=own=web
    --restart=no
    "--mount=type=volume,source=$(volume_at /data f07382dcab86541fbfeb0e938e7793c96448ccadb61bce7019da7cf46e956c66),"target=/data
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

from_label=hot-deploy.from
holder_label=hot-deploy.holder
lock_label=hot-deploy.lock
nonce_label=hot-deploy.nonce
reference_label=hot-deploy.reference
replaces_label=hot-deploy.replaces
run_label=hot-deploy.run
# Seconds between heartbeats, without one until a lock is free, between looks at it, and one look counts for at most.
beat_every=3 silent_for=15 look_every=0.5 look_counts=2
# Seconds in which the engine removes a container with --rm that has ended.
removed_within=60
# Of the journal: its bytes at most, and how many entries of each container are taken along, some ten deploys.
journal_bytes=33554432 carried=60

# --- what is done about a run that was cut off: hot-deploy itself goes by the same tables ---

# To which side all containers of a run go, by the last steps that are written down of them: forward if one says so.
declare -A side_of=(
  ["stage"]=undo
  ["switch"]=undo
  ["create"]=undo
  ["stop"]=undo
  ["settle"]=finish
  ["done"]=finish
  ["bring-back"]=undo
  ["restore"]=undo
  ["undone"]=undo
)
# After these nothing is left to do; after those the engine may still be stopping the old container.
declare -A has_ended=(
  ["done"]=yes
  ["undone"]=yes
)
declare -A may_be_stopping=(
  ["stop"]=yes
  ["restore"]=yes
)
# Of a restart, by that side and by how far it came; each word is a function below.
declare -A acts=(
  ["undo begun"]='await_stop return_policy discard_new await_old'
  ["undo stopped"]='await_removal return_policy retire_new return_old discard_new await_old'
  ["undo switched"]='await_removal return_policy retire_new return_old discard_new await_old'
  ["finish stopped"]='end_old await_removal place_new await_new pass_policy keep_old'
  ["finish switched"]='end_old await_new pass_policy keep_old'
)
# Of a hot load, by that side and by the version that the node says it runs.
declare -A hot_acts=(
  ["undo old"]=unstage
  ["undo new"]='downgrade unstage'
  ["finish old"]='upgrade make_permanent'
  ["finish new"]=make_permanent
)

# --- how it speaks, and how it talks to the engine ---

say() { printf 'hot-deploy: %s\n' "$*" >&2; }

fail() {
  say "$@"
  return 1
}

# Words as a shell would read them back.
quoted() {
  local word quote="'" escaped="'\\''"
  for word; do
    if [[ $word == *[[:cntrl:]]* ]]; then
      printf ' %q' "$word"
    elif [[ $word =~ ^[A-Za-z0-9_@%+=:,./-]+$ ]]; then
      printf ' %s' "$word"
    else
      word=${word//"$quote"/"$escaped"}
      printf " '%s'" "$word"
    fi
  done
}

# What the engine answered last, and the beginning of what it complained of.
said() { printf '%s' "$(<"$work/said")"; }
complaint() {
  local text
  text=$(head -c 8192 "$work/complaint" | foreign)
  printf '%s' "${text:0:500}"
}

# What another program wrote: no line of it is a command to a runner that shows it, nothing in it drives a terminal, and
# it is without the cookie and the values of variables that are called a secret.
export -n HOT_DEPLOY_COOKIE
foreign() {
  local line entry value sequence=$'\e''[[0-9;:<=>?]*[ -/]*[@-~]' mark=$'\xe2\x80\x8b'
  local -a masked=()
  for entry in "COOKIE=${HOT_DEPLOY_COOKIE-}" "${entries[@]}"; do
    [[ ${entry%%=*} =~ (PASS|PWD|SECRET|TOKEN|KEY|CREDENTIAL|COOKIE|DSN|SALT|pass|secret|token|key) ]] || continue
    while IFS= read -r value; do
      case $value in
      postgres | postgresql | production | development | localhost | password) ;;
      ????????*) masked+=("$value") ;;
      esac
    done <<<"${entry#*=}"
  done
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line//$'\r'/ }
    while [[ $line =~ $sequence ]]; do line=${line/"${BASH_REMATCH[0]}"/}; done
    line=${line//[[:cntrl:]]/}
    for value in "${masked[@]}"; do line=${line//"$value"/***}; done
    [[ ! $line =~ ^[^!-~]*:: ]] || line=${line/::/${mark}::}
    printf '%s\n' "${line//'##['/##${mark}[}"
  done
}

# With `set -m` each child is in a process group of its own: Ctrl-C reaches this script alone, and what was asked of the
# engine comes to its end, so that what is true is known when things are put back.
# A signal only leaves its mark: bash may wait for ever for a child that ended while a trap was running.
stopped=''
finished() {
  local code=0
  wait "$1" || code=$?
  while ((code > 128)) && kill -0 "$1" 2>/dev/null; do
    code=0
    wait "$1" || code=$?
  done
  [[ -z $stopped ]] || exit "$stopped"
  return "$code"
}

# With all that it has started.
end_child() {
  [[ -z $1 ]] || {
    kill -KILL -- "-$1" || kill -KILL "$1"
    wait "$1"
  } >/dev/null 2>&1 || true
}

# Whatever a container or the engine answers: at most so many KiB of it are taken, in at most so many seconds.
room=16384 within=60
bounded() {
  trap '' XFSZ
  ulimit -f "$room"
  exec timeout -k 5 "$within" docker "$@"
}

# `taken PID`: whether that came to a good end, and is there as a whole.
taken() {
  local code=0
  finished "$1" || code=$?
  if (($(wc -c <"$work/said") >= room * 1024)); then
    code=1
    printf 'it says more than %s KiB' "$room" >"$work/complaint"
  elif ((code == 124)); then
    printf 'it took more than %s s' "$within" >"$work/complaint"
  fi
  return "$code"
}

engine() {
  bounded "$@" </dev/null >"$work/said" 2>"$work/complaint" &
  taken $!
}

show() { printf 'docker%s\n' "$(quoted "$@")" >&"$shown"; }

# Every command that changes something goes through here, or asks `held` itself.
change() {
  show "$@"
  [[ -z $dry ]] || return 0
  held || return 1
  within=86400 engine "$@" || fail "docker $1 failed: $(complaint)" || return 1
}

pause() { sleep "$1" 2>/dev/null || sleep 1 || true; }

# --- what there is ---

# Id by exact name. `docker ps --filter name=` would match a part of it, and `docker inspect` the beginning of an id.
declare -A ids=()
# Of what a restart made: what only the journal knows of it.
declare -A nonces=()
list() {
  local id names name nonce
  engine ps --all --no-trunc --format "{{.ID}} {{.Names}} {{json (.Label \"$nonce_label\")}}" ||
    fail "the engine does not list its containers: $(complaint)" || return 1
  ids=() nonces=()
  while read -r id names nonce; do
    nonces[$id]=$nonce
    while [[ -n $names ]]; do
      name=${names%%,*}
      # With a slash it is what another container calls it, by a link.
      [[ $name == */* ]] || ids[$name]=$id
      [[ $names == *,* ]] || break
      names=${names#*,}
    done
  done <"$work/said"
}

# Of one container, by its id. `.Id` is no field of the client's own type, so the template sees the engine's answer as
# it is, in which a field may be missing: `index` takes that.
label() { printf '{{with .Config.Labels}}{{with index . "%s"}}{{.}}{{end}}{{end}}' "$1"; }
of_container='{{.Id}}|{{.Name}}|{{.Image}}|{{.State.Status}}|{{.State.Running}}'
of_container+='|{{with index .State "Health"}}{{.Status}}{{end}}|{{.State.ExitCode}}|{{.State.StartedAt}}'
of_container+='|{{.State.FinishedAt}}|{{.RestartCount}}|{{.HostConfig.AutoRemove}}'
of_container+='|{{.HostConfig.RestartPolicy.Name}}:{{.HostConfig.RestartPolicy.MaximumRetryCount}}|{{.Config.Image}}'
of_container+="|$(label "$reference_label")|$(label com.docker.swarm.service.name)"
of_container+="|$(label com.docker.compose.project)"
missing=0
facts() {
  engine inspect --type container --format "$of_container" "$1" || {
    missing=1
    ! is_missing || missing=0
    return 1
  }
  IFS='|' read -r id own its_image status running health exit_code started ended restarts auto_remove policy \
    its_reference origin swarm compose <"$work/said"
  own=${own#/}
  policy=${policy%:0}
  policy=${policy#:}
}

# `unpack ID PATH LIMIT`: what the plain files of a container's path hold, by their names: fills `contents`. By way of
# the engine's archive: `docker cp` into a folder makes a link that lies there anew, and what is read or written by its
# name next is any file of the host. All or nothing: an archive without its end was cut off. NULs are none of a text,
# and bash holds none.
declare -A contents=()
kinds=
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

# Whether the engine said that what was asked for is not there.
is_missing() { [[ $(complaint) == *[Nn]'o such '* || $(complaint) == *'ould not find the file'* ]]; }

# `plain_file ID PATH`: what a plain file of at most 4 MB holds: `content`.
content=
plain_file() {
  content=
  unpack "$1" "$2" 4200000 || return 1
  [[ $kinds == ?(x)0 && ${!contents[*]} == "${2##*/}" ]] || {
    printf '%s is no plain file' "$2" >"$work/complaint"
    return 1
  }
  content=${contents[*]}
}

short() { printf '%s' "${1:0:12}"; }

# `belongs ID`: whether a container is of the restart whose entry was read last: by its id, or by what only that run
# knew. Anybody can give a container a name.
belongs() { [[ $1 == "$e_id" || $1 == "$e_kept" || ${nonces[$1]-} == "\"$e_nonce\"" ]]; }

# The previous objects of a container, the one that ran last first: those that the journal has put aside.
previous() {
  local each lines=()
  found=()
  for each in "${!ids[@]}"; do
    [[ $each == "$1.hot-deploy-previous-${ids[$each]:0:12}" && " ${known[$1]-} " == *" ${ids[$each]} "* ]] || continue
    facts "${ids[$each]}" || continue
    lines+=("$ended $each")
  done
  ((${#lines[@]} == 0)) ||
    mapfile -t found < <(printf '%s\n' "${lines[@]}" | sort -r | while read -r _ each; do printf '%s\n' "$each"; done)
}

# Says what has a name as a restart gives it, and is in no journal: that may have been pruned. Nothing is done with it.
tell_strangers() {
  local name each hand
  for name in "${names[@]}"; do
    for each in "${!ids[@]}"; do
      [[ $each == "$name".hot-deploy-* && ${each##*.hot-deploy-} =~ ^(old|new)-[0-9a-f]{12} ]] || continue
      ! is_known "$name" "${ids[$each]}" || continue
      hand="docker rename $each $name; docker start $name"
      [[ -z ${ids[$name]-} ]] || hand="docker stop $name; docker rename $name $name.aside; $hand"
      say "no journal shows that hot-deploy has put $each there: it is left alone." \
        "If it is the container that served: $hand"
    done
  done
}

# `is_known NAME ID`: a container that some run has found under the name, or has made or kept for it.
is_known() { [[ " ${known[$1]-} " == *" $2 "* || (-n ${nonces[$2]-} && " ${known[$1]-} " == *" ${nonces[$2]} "*) ]]; }

# Bytes as `printf "% x"` of the engine's templates writes them: exact, whatever they are.
decoded=
decode() {
  decoded=
  [[ -z $1 ]] || printf -v decoded '%b' "\\x${1// /\\x}"
}

# Whether a release was loaded hot into a container, which its own layer tells.
was_loaded_hot() {
  local kind path
  loaded_hot=''
  engine diff "$1" || fail "what was written in $(short "$1") cannot be read: $(complaint)" || return 1
  while read -r kind path; do
    [[ $kind == D || $path != */releases/start_erl.data ]] || loaded_hot=yes
  done <"$work/said"
}

# --- the lock: a container that is created and never started; names are unique on an engine ---

lock_id='' beating='' taking=''
# What it is called once it was given back.
journal=${lock/-lock-/-journal-}

# Whoever holds the lock shows by another content of this file, every few seconds, that it lives. If somebody prunes it
# away, it is made anew with all that was written down; $work/lock tells which it is. If it was taken from this run,
# $work/lost tells why.
beat() {
  local count=0 its_lock=$1 name since=$SECONDS
  while kill -0 "$$" 2>/dev/null && [[ ! -e $work/lost ]]; do
    count=$((count + 1))
    printf '%s %s\n' "$run" "$count" >"$work/beat"
    if name=$(timeout 60 docker inspect --type container --format '{{.Name}}' "$its_lock" </dev/null 2>&1); then
      [[ $name == "/$lock" ]] || lost 'was taken over by another run, since this one had not shown that it lives'
      if [[ $its_lock != "$(<"$work/lock")" ]]; then
        put_journal "$its_lock" </dev/null >/dev/null 2>&1 || continue
        printf '%s' "$its_lock" >"$work/lock.next"
        mv "$work/lock.next" "$work/lock"
        say "somebody removed $lock, the lock of this run: it was taken again, and the run goes on." \
          "Keep \`docker container prune\` from it by --filter 'label!=$lock_label'"
      fi
      ! docker cp "$work/beat" "$its_lock:/heartbeat-${its_lock:0:12}" </dev/null >/dev/null 2>&1 ||
        since=$SECONDS
    elif [[ $name == *[Nn]o\ such* ]]; then
      # Others may have held it since.
      ((SECONDS - since < silent_for)) || lost "was lost: this run stood still for $((SECONDS - since)) s"
      its_lock=$(docker "${lock_words[@]}" </dev/null 2>"$work/refused") || {
        its_lock=$(<"$work/lock")
        ! timeout 60 docker inspect --type container "$lock" </dev/null >/dev/null 2>&1 ||
          lost 'was removed while this run held it, and another has it now'
        pause 0.2
      }
      continue
    fi
    pause "$beat_every"
  done
}

# Of the beat.
lost() {
  printf '%s' "$1" >"$work/lost"
  kill -TERM "$$"
  exit
}

# Asked right before each change: whether this run still holds the lock. Where it does not, or that is not to be found
# out, nothing may be changed any more.
held() {
  local until=$((SECONDS + 30))
  [[ -n $opened ]] || return 0
  while [[ ! -e $work/lost ]]; do
    lock_id=$(<"$work/lock")
    if engine inspect --type container --format '{{.Name}}' "$lock_id"; then
      [[ $(said) != "/$lock" ]] || return 0
      printf 'was taken over by another run' >"$work/lost"
    elif is_missing && ((SECONDS < until)); then
      # The beat makes it anew.
      pause 0.2
    else
      fail "whether this run still holds $lock is not to be found out: $(complaint)" || return 1
    fi
  done
  lose
}

lose() {
  local code=1
  trap '' INT TERM HUP PIPE
  trap - EXIT ERR
  set +e
  say "the lock on $environment $(<"$work/lost"): this run changes nothing more, not even back." \
    "What it has begun, the next run finishes or undoes"
  ((${#begun[@]} == 0)) && ! compgen -G "$work/anew.*" >/dev/null || code=4
  clean_up
  exit "$code"
}

beat_of() {
  ! plain_file "$1" "/heartbeat-${1:0:12}" || printf '%s' "$content"
}

# `read_holder ID`: whose lock it is, of which run, and of which environment.
read_holder() {
  local format
  format="$(label "$run_label") $(label "$holder_label")"$'\n'"$(label "$lock_label")"
  engine inspect --type container --format "$format" "$1" || return 1
  {
    IFS=' ' read -r its_run holder
    IFS= read -r its_environment
  } <"$work/said"
  holder_by=$holder
  [[ ! $holder =~ \"by\":\"([^\"]*)\" ]] || holder_by=${BASH_REMATCH[1]}
  [[ ! $holder =~ \"since\":\"([^\"]*)\" ]] || holder_by+=" (since ${BASH_REMATCH[1]})"
}

# `fate HOLDER`: in the same process namespace of the same machine the holder's process tells at once whether it is
# gone.
fate() {
  local holder=$1 pid ticks
  local -a stat
  fate=unknown
  [[ $holder == *"\"host\":\"$machine\""* && $holder == *"\"pidns\":\"$namespace\""* ]] || return 0
  [[ $holder =~ \"pid\":([0-9]+) ]] || return 0
  pid=${BASH_REMATCH[1]}
  [[ $holder =~ \"startTicks\":([0-9]+) ]] || return 0
  ticks=${BASH_REMATCH[1]}
  if [[ ! -r /proc/$pid/stat ]]; then
    # A /proc that hides what is somebody else's hides this one, too.
    [[ ! -r /proc/1/stat ]] || fate=gone
    return 0
  fi
  read -r -a stat <<<"$(stat_of "$pid")"
  # One that has ended, and whose parent has not asked after it yet, is still listed.
  if [[ ${stat[19]-} == "$ticks" && ${stat[0]} != [ZX] ]]; then fate=alive; else fate=gone; fi
}

# What /proc says of a process after its command's name, which may hold anything: its state, and as the twentieth word
# when it started, in ticks since the machine's start.
stat_of() {
  local line
  { line=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
  printf '%s' "${line##*) }"
}

machine='' namespace=''
read_machine() {
  { machine=$(</proc/sys/kernel/random/boot_id); } 2>/dev/null || machine=unknown
  namespace=$(readlink /proc/self/ns/pid 2>/dev/null) || namespace=unknown
}

who='' lock_words=()
take_lock() {
  local image=$1 kind line holder holder_by its_environment its_run fate other
  local -a stat
  read_machine
  read -r -a stat <<<"$(stat_of $$)"
  holder="{\"by\":$(json "$who"),\"host\":\"$machine\",\"pidns\":\"$namespace\",\"pid\":$$"
  holder+=",\"startTicks\":${stat[19]:-0},\"since\":\"$(now)\"}"
  lock_words=(create --name "$lock" --label "$lock_label=$environment" --label "$run_label=$run"
    --label "$holder_label=$holder" --network none --entrypoint hot-deploy-lock)
  # What the image says of its containers would be said of this one: it would be counted among them, and routed to.
  # And its volumes would be made, and stay.
  if engine image inspect --format '{{range $key, $value := .Config.Labels}}label {{printf "% x" $key}}
{{end}}{{range $key, $value := .Config.Volumes}}tmpfs {{printf "% x" $key}}
{{end}}' "$image"; then
    while read -r kind line; do
      decode "$line"
      case $kind in
      label) [[ -z $decoded || $decoded == *=* ]] || lock_words+=(--label "$decoded=") ;;
      tmpfs) lock_words+=(--tmpfs "$decoded") ;;
      esac
    done <"$work/said"
  fi
  lock_words+=("$image")
  show "${lock_words[@]}"
  [[ -z $dry ]] || return 0
  taking=yes
  local since=$SECONDS watched='' heard='' beaten='' silent=0 looked=$SECONDS told='' failed=0 now waited
  while :; do
    if engine "${lock_words[@]}"; then
      lock_id=$(said)
      printf '%s' "$lock_id" >"$work/lock"
      open_journal || return 1
      beat "$lock_id" &
      beating=$!
      return 0
    fi
    complaint >"$work/refusal"
    list || return 1
    other=${ids[$lock]-}
    if [[ -z $other ]]; then
      # It may just have been given back.
      failed=$((failed + 1))
      ((failed < 5)) || {
        say "the lock $lock could not be made: $(<"$work/refusal")"
        return 1
      }
      continue
    fi
    read_holder "$other" || continue
    [[ $its_environment == "$environment" && -n $its_run && -n $holder ]] ||
      fail "$lock is the name of the lock on $environment, and of a container that is no lock: look at it" || return 1
    fate "$holder"
    if [[ $fate == unknown ]]; then
      now=$(beat_of "$other")
      if [[ $watched != "$other" ]]; then
        beaten='' silent=0
      elif [[ $heard != "$now" ]]; then
        beaten=yes silent=0
      else
        # A time in which nobody looked is no silence.
        waited=$((SECONDS - looked))
        silent=$((silent + (waited < look_counts ? waited : look_counts)))
      fi
      watched=$other heard=$now looked=$SECONDS
    fi
    if [[ $fate == gone ]] || { [[ $fate == unknown ]] && ((silent >= silent_for)); }; then
      say "$holder_by held $lock and is gone: taking it over"
      # By its id: what has the name by now may be the lock of another who saw the same.
      engine rename "$other" "$journal-${other:0:8}" || {
        complaint >"$work/refusal"
        list || return 1
        [[ ${ids[$lock]-} != "$other" ]] || {
          say "$lock could not be taken over: $(<"$work/refusal")"
          return 1
        }
      }
      continue
    fi
    waited=$((SECONDS - since))
    if ((waited >= lock_timeout)) && { [[ $fate == alive ]] || { [[ -n $beaten ]] &&
      ((silent < 2 * beat_every)); } || ((waited >= lock_timeout + silent_for + beat_every)); }; then
      fail "somebody else deploys to $environment just now: $holder_by. Wait until that has ended, or give" \
        "--lock-timeout longer; if it has ended for sure: docker rename $lock $journal-${other:0:8}" || return 1
    fi
    [[ $told == "$other" ]] || say "waiting for the lock on $environment: $holder_by has it"
    told=$other
    pause "$look_every"
  done
}

give_lock_back() {
  end_child "$beating"
  [[ -z $dry || ${#lock_words[@]} == 0 ]] || show rename "$lock" "$journal-ID_OF_THAT_CONTAINER"
  # By its name and this run's id: a signal may have come between its creation and the answer, or it was made anew
  # since.
  if [[ -n $taking ]] && list && [[ -n ${ids[$lock]-} ]] &&
    engine inspect --type container --format "$(label "$run_label")" "${ids[$lock]}" && [[ $(said) == "$run" ]]; then
    if [[ -n $opened ]] && compgen -G "$work/journal/*.json" >/dev/null; then
      engine rename "${ids[$lock]}" "$journal-${ids[$lock]:0:8}"
    else
      engine rm --force --volumes "${ids[$lock]}"
    fi || say "$lock could not be given back: $(complaint)." \
      "docker rename $lock $journal-${ids[$lock]:0:8} frees it by hand"
  fi
}

# --- the journal: each step is written down in the lock's container before it is carried out: NUMBER-STEP.json ---
#
# It lies in /journal-ID, by the container's id, which whoever made its image cannot know: what lies in the image is no
# journal. hot-deploy itself reads it for its status, its rollback, and what it has to finish or undo. Given back, the
# container stays under another name: the next holder of the lock takes the newest of all along, and removes the others.

# By the name of a container: its last entry, and the ids and nonces of all that had its name. By run: whether there is
# only forward.
declare -A last=() known=() forward=()
others=() token=0 number=0 opened=''

entry_name='^([0-9]{6,15})-[a-z-]+\.json$'
string='"([^"\\]|\\.)*"'
entry_head='^\{"schema":1,"at":"[^"]*","step":"([a-z-]+)","token":[0-9]+,(.*)\}$'

# `member NAME TEXT`: in a string a quote has a backslash before it, so a name with its quotes is nothing else. Of the
# members that are read none has a quote in it.
member() {
  local rest=${2#*"\"$1\":\""}
  value=${rest%%\"*}
  [[ $rest != "$2" && $value != *\\* ]] || value=''
}

# `read_entry LINE`: one that was torn is none.
read_entry() {
  local text each value
  e_step='' e_details='' e_from='' e_to='' e_run='' e_way='' e_container='' e_id='' e_nonce='' e_kept=''
  [[ $1 =~ $entry_head ]] || return 1
  e_step=${BASH_REMATCH[1]} e_details=${BASH_REMATCH[2]} text=${BASH_REMATCH[2]}
  for each in from to; do
    [[ $text =~ \"$each\":\{($string|[^\"\}])*\} ]] || return 1
    printf -v "e_$each" '%s' "${BASH_REMATCH[0]}"
    text=${text/"${BASH_REMATCH[0]}"/}
  done
  for each in run way container id nonce kept; do
    member "$each" "$text"
    printf -v "e_$each" '%s' "$value"
  done
  [[ $e_container =~ ^[A-Za-z0-9][A-Za-z0-9_.-]*$ && -n $e_run && -n $e_id && -n $e_nonce &&
    $e_way =~ ^(relup|downgrade|recreate|revive)$ ]]
}

# What the entry that was read last tells beside what is last.
learn() {
  known[$e_container]+=" $e_id $e_kept \"$e_nonce\""
  [[ ${side_of[$e_step]-} != finish ]] || forward[$e_run]=yes
}

# `read_journal [OWN]`: the newest of all but that in the container OWN, as files in $work/journal; where there is none,
# nothing.
read_journal() {
  local each name line told most
  local -a all=()
  local -A seen=()
  others=() token=0 number=-1 last=() known=() forward=()
  rm -rf "$work/journal" && mkdir "$work/journal"
  engine ps --all --no-trunc --filter "label=$lock_label=$environment" --filter status=created \
    --format '{{.ID}} {{.Names}}' || fail "the engine does not list its journals: $(complaint)" || return 1
  mapfile -t all <"$work/said"
  for each in "${all[@]}"; do
    name=${each#* } each=${each%% *}
    [[ $each != "${1-}" && ($name == "$lock" || ($name == "$journal-"* &&
      ${name#"$journal-"} =~ ^[0-9a-zA-Z-]{1,8}$)) ]] || continue
    others+=("$each")
    unpack "$each" "/journal-${each:0:12}" "$journal_bytes" || is_missing ||
      fail "the journal in $name cannot be read: $(complaint)" || return 1
    told=${contents[token]-} told=${told%$'\n'} most=0
    [[ $told =~ ^[0-9]{1,15}$ ]] || told=0
    rm -rf "$work/other" && mkdir "$work/other"
    for name in "${!contents[@]}"; do
      [[ $name =~ $entry_name ]] || continue
      printf '%s' "${contents[$name]}" >"$work/other/$name"
      ((10#${BASH_REMATCH[1]} <= most)) || most=$((10#${BASH_REMATCH[1]}))
    done
    ((10#$told > token || (10#$told == token && most > number))) || continue
    token=$((10#$told)) number=$most
    rm -rf "$work/journal" && mv "$work/other" "$work/journal"
  done
  ((number >= 0)) || number=0
  mapfile -t all < <(cd "$work/journal" && printf '%s\n' * | sort -rn)
  for name in "${all[@]}"; do
    [[ -e $work/journal/$name ]] || continue
    line=$(<"$work/journal/$name")
    if ! read_entry "$line"; then
      say "the entry $name of the journal cannot be read, and is left out"
      rm "$work/journal/$name"
      continue
    fi
    seen[$e_container]=$((${seen[$e_container]-0} + 1))
    if ((${seen[$e_container]} > carried)); then
      rm "$work/journal/$name"
    else
      last[$e_container]=${last[$e_container]-$line}
      learn
    fi
  done
}

# The token comes last: without it a copy that was cut off would count, and what it was made of would go.
put_journal() { docker cp "$work/journal/." "$1:/journal-${1:0:12}" &&
  docker cp "$work/token" "$1:/journal-${1:0:12}/token"; }

open_journal() {
  local each made
  read_journal "$lock_id" || return 1
  # By the engine's clock: a node knows the tokens of runs before also where their journal was pruned.
  engine inspect --type container --format '{{.Created}}' "$lock_id" || return 1
  made=$(said) made=$(date -u -d "${made:0:10} ${made:11:8}" +%s) || return 1
  token=$((made > token ? made : token + 1))
  printf '%s\n' "$token" >"$work/token"
  put_journal "$lock_id" </dev/null >/dev/null 2>"$work/complaint" &
  finished $! || fail "the journal could not be taken along: $(complaint)" || return 1
  opened=yes
  for each in "${others[@]}"; do engine rm --force --volumes "$each" || true; done
}

# A JSON string.
json() {
  local text=$1 slash='\' mark='"'
  text=${text//"$slash"/"$slash$slash"}
  text=${text//"$mark"/"$slash$mark"}
  text=${text//[[:cntrl:]]/ }
  printf '"%s"' "$text"
}

# `version RELEASE IMAGE REFERENCE`: one side of a deploy; what is unknown is left out.
version() {
  printf '{"image":%s' "$(json "$2")"
  [[ -z $1 ]] || printf ',"version":%s' "$(json "$1")"
  [[ -z $3 || $3 == sha256:* ]] || printf ',"reference":%s' "$(json "$3")"
  printf '}'
}

# `begin NAME ID`: where its release lies, which only the VM that runs can tell, and what its new container is known by.
declare -A root_of=() nonce_of=() from_of=() undertaking=()
begin() {
  root_of[$1]=''
  ! find_vm "$2" || root_of[$1]=$vm_root
  nonce_of[$1]=$(od -An -N16 -tx1 /dev/urandom)
  nonce_of[$1]=${nonce_of[$1]//[[:space:]]/}
}

# The release that a container boots, whether it runs or not: `boots ID ROOT`.
boots() {
  local words
  [[ -n $2 ]] && plain_file "$1" "$2/releases/start_erl.data" || return 0
  read -r -a words <<<"$content" || true
  printf '%s' "${words[1]-}"
}

# `undertake NAME TASK WAY FROM TO [MORE]`: what all entries of this run say of a container.
undertake() {
  local each fleet=''
  from_of[$1]=$4
  for each in "${chosen[@]}"; do fleet+=${fleet:+,}$(json "$each"); done
  undertaking[$1]="\"run\":\"$run\",\"task\":\"$2\",\"way\":\"$3\",\"container\":$(json "$1"),\
\"id\":\"$source_id\",\"nonce\":\"${nonce_of[$1]}\",\
\"from\":$4,\"to\":$5,\"fleet\":[$fleet],\"environment\":$environment_json,\"by\":$(json "$who")${6-}"
  [[ -z ${root_of[$1]} ]] || undertaking[$1]+=",\"root\":$(json "${root_of[$1]}")"
}

# `note NAME STEP`: in a file that is never written again. What failed before its first step has left nothing to tell
# of.
note() {
  local file entry
  [[ -n ${undertaking[$1]-} ]] || return 0
  number=$((number + 1))
  printf -v file '%06d-%s.json' "$number" "$2"
  show cp "journal/$file" "$lock:/journal-ID/$file"
  entry="{\"schema\":1,\"at\":\"$(now)\",\"step\":\"$2\",\"token\":$token,${undertaking[$1]}}"
  # It may be there also where the answer is lost.
  last[$1]=$entry
  ! read_entry "$entry" || learn
  [[ -z $dry ]] || return 0
  printf '%s\n' "$entry" >"$work/entry"
  mv "$work/entry" "$work/journal/$file"
  # Once more where the lock was made anew in between.
  put_entry "$file" || put_entry "$file" || fail "$1: the step $2 could not be written down: $(complaint)" || return 1
}

put_entry() { held && engine cp "$work/journal/$1" "$lock_id:/journal-${lock_id:0:12}/$1"; }

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

# --- the image, which is made sure of before anything stops ---

image_id=

# `use_image REFERENCE`: what the engine has; else it is pulled.
use_image() {
  reference=$1
  if ! engine image inspect --format '{{.Id}}' -- "$reference"; then
    show pull -- "$reference"
    if [[ -n $dry ]]; then
      image_id=$reference
      return 0
    fi
    docker pull -- "$reference" </dev/null >&2 ||
      fail "the engine has no image $reference, and it cannot be pulled" || return 1
    engine image inspect --format '{{.Id}}' -- "$reference" ||
      fail "the engine has no image $reference: $(complaint)" || return 1
  fi
  image_id=$(said)
}

# Without a name: that moves after the deploy has succeeded, and never before.
build_image() {
  local words=(build) argument
  local clients='^(PATH|HOME|TMPDIR|LD_|SSL_CERT|SSH_AUTH_SOCK|BUILD(X|KIT)_|DOCKER_(HOST|CONTEXT|CONFIG|TLS|CERT))'
  local -a given=()
  for argument in "${build_arguments[@]}"; do
    # By name: everybody who lists processes sees a command line. Only what would change the client goes by its value.
    given+=(--build-arg)
    if [[ $argument =~ $clients ]]; then given+=("$argument"); else given+=("${argument%%=*}"); fi
    [[ $argument == *=* || -v $argument ]] ||
      fail "the build takes $argument from the environment, where it is not: set it," \
        "or generate this script with --with-env" || return 1
  done
  # Where the plug-in is, a builder could keep the image to itself without --load.
  if docker buildx version </dev/null >/dev/null 2>&1 && [[ ${DOCKER_BUILDKIT-} != 0 ]]; then
    words=(buildx build --load)
  fi
  words+=(--iidfile "$work/image-id" "${build_options[@]}" "${given[@]}" -- "$context")
  show "${words[@]}"
  if [[ -n $dry ]]; then
    image_id=ID_OF_THAT_IMAGE
    return 0
  fi
  rm -f "$work/image-id"
  (
    for argument in "${build_arguments[@]}"; do
      [[ $argument != *=* || $argument =~ $clients ]] || export "${argument?}"
    done
    # The plug-in would else run git in the context.
    BUILDX_GIT_INFO=false exec docker "${words[@]}" </dev/null
  ) 2>&1 | foreign >&2 || fail "docker build of $context failed" || return 1
  image_id=$(<"$work/image-id")
  engine image inspect --format '{{.Id}}' -- "$image_id" ||
    fail "the image $image_id was built, and the engine does not have it: unset BUILDX_BUILDER" || return 1
  image_id=$(said)
}

provide_image() {
  if [[ -n $build_options_known && -z $given_image ]]; then
    build_image
  else
    use_image "${given_image:-$reference}"
  fi
}

# The user's own name for the image where it means that image.
name_for_image() {
  if engine image inspect --format '{{.Id}}' -- "$reference" && [[ $(said) == "$image_id" ]]; then
    printf '%s' "$reference"
  else
    printf '%s' "$image_id"
  fi
}

# --- health: by the HEALTHCHECK, or two seconds without an end or a restart ---

# The engine runs a HEALTHCHECK for the first time after a whole interval. So the same command is run here from the
# start.
check=()
read_check() {
  local of line shell=()
  check=()
  engine inspect --type container --format '{{with index .Config "Healthcheck"}}{{range .Test}}check {{printf "% x" .}}
{{end}}{{end}}{{range index .Config "Shell"}}shell {{printf "% x" .}}
{{end}}' "$1" || return 1
  while read -r of line; do
    decode "$line"
    case $of in
    check) check+=("$decoded") ;;
    shell) shell+=("$decoded") ;;
    esac
  done <"$work/said"
  ((${#shell[@]})) || shell=(/bin/sh -c)
  case ${check[0]-} in
  CMD) check=("${check[@]:1}") ;;
  CMD-SHELL) check=("${shell[@]}" "${check[1]-}") ;;
  *) check=() ;;
  esac
}

asking=
ask_check() {
  rm -f "$work/passed"
  (
    while kill -0 "$$" 2>/dev/null; do
      if docker exec "$1" "${check[@]}" </dev/null >/dev/null 2>&1; then
        : >"$work/passed"
        break
      fi
      pause 0.2
    done
  ) &
  asking=$!
}

stop_asking() {
  end_child "$asking"
  asking=
}

# `await_health ID`: says why not.
await_health() {
  local code=0
  [[ -z $dry ]] || return 0
  read_check "$1" || fail "the container is gone: $(complaint)" || return 1
  ((${#check[@]} == 0)) || ask_check "$1"
  judge_health "$1" || code=1
  stop_asking
  ((code == 0)) || show_log "$1"
  return "$code"
}

show_log() {
  say "the end of its log:"
  timeout -k 5 "$within" docker logs --tail 20 "$1" </dev/null 2>&1 | tail -c 16384 | foreign | tail -c 8192 >&2 || true
}

# `watch ID`: a container that came up must stay up for as long as a hot load is watched; a restart by its policy is no
# staying up.
watch() {
  [[ -z $dry ]] || return 0
  facts "$1" || return 1
  if ((restarts > 0)) || ! soak_for "$1" "$started"; then
    show_log "$1"
    return 1
  fi
}

judge_health() {
  local round=0 until=$((SECONDS + health_timeout))
  while :; do
    facts "$1" || fail "the container is gone: $(complaint)" || return 1
    if [[ $running != true || $status == restarting ]]; then
      fail "$own ended with exit code $exit_code" || return 1
    fi
    if ((restarts > 0)); then
      fail "$own ended and was restarted by its restart policy" || return 1
    fi
    if ((${#check[@]} == 0)); then
      ((round < 20)) || return 0
    elif [[ $health == healthy || -e $work/passed ]]; then
      return 0
    elif [[ $health == unhealthy ]]; then
      fail "the HEALTHCHECK of $own fails" || return 1
    elif ((SECONDS > until)); then
      fail "$own was still starting after $health_timeout s" || return 1
    fi
    round=$((round + 1))
    pause 0.1
  done
}

# --- a container like the one that runs, on another image ---

# Sets what is said above of the container with this name.
settings_of() { [[ -n ${settings[$1]-} ]] && "${settings[$1]}"; }

# Volumes that the engine made for the container that runs, by where they are mounted: a new one has to have them too.
declare -A mounted=()
read_volumes() {
  local volume target
  mounted=()
  [[ -n $source_id ]] || return 0
  engine inspect --type container --format '{{range .Mounts}}{{if eq (print .Type) "volume"}}{{.Name}} {{.Destination}}
{{end}}{{end}}' "$source_id" || return 1
  while read -r volume target; do
    [[ -z $volume ]] || mounted[$target]=$volume
  done <"$work/said"
}

# `volume_at TARGET NAME`: NAME holds where no container is left to ask.
volume_at() { printf '%s' "${mounted[$1]-$2}"; }

# The values of `variables` as the container that runs has them: no value of theirs is written in this script.
entries=()
read_environment() {
  local line name entry
  local -A values=()
  entries=("${with_values[@]}")
  ((${#variables[@]})) || return 0
  [[ -n $source_id ]] ||
    fail "$1 is not there, so its environment cannot be read from it (${variables[*]}):" \
      "generate the script with --with-env" || return 1
  engine inspect --type container --format '{{range .Config.Env}}{{printf "% x" .}}
{{end}}' "$source_id" || return 1
  while IFS= read -r line; do
    decode "$line"
    [[ -z $decoded ]] || values[${decoded%%=*}]=$decoded
  done <"$work/said"
  for name in "${variables[@]}"; do
    entry=${values[$name]-}
    [[ -n $entry ]] || fail "$1 has no variable $name any more: generate the script anew" || return 1
    entries+=("$entry")
  done
}

# On a command line everybody on the host could read the values, so they go in by a pipe, or by the client's own
# environment where they have several lines. Only what would change the client itself is left for the command line.
lines=() exported=() words=()
sort_environment() {
  local entry name value
  lines=() exported=() words=()
  for entry in "${entries[@]}"; do
    name=${entry%%=*} value=${entry#*=}
    if [[ $entry != *=* ]]; then
      words+=("--env=$name")
    elif [[ $name =~ ^[A-Za-z_][A-Za-z0-9_.-]*$ && $value != *[$'\n\r']* && ${#value} -lt 60000 ]]; then
      lines+=("$entry")
    elif [[ $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ && ! -v $name && ! $name =~ (proxy|PROXY)$ &&
      ! $name =~ ^(DOCKER|BUILD|LD_|GO|SSL_|SSH_|XDG_|TMP|TERM|LANG|LC_|BASH) ]]; then
      exported+=("$entry")
      words+=("--env=$name")
    else
      words+=("--env=$entry")
    fi
  done
}

# `create NAME FROM ID`: with everything that the settings say; not started. Its id is in `made`. Of one that has its
# name from the beginning, since there was none, it stays written down for as long as it may have to be taken back.
made=
create() {
  local entry each network code=0 answer=$work/said
  local -a named=() of=() ours=()
  if [[ $1 == *.hot-deploy-* ]]; then
    each=${1%.hot-deploy-*}
    ours=("--label=$run_label=$run" "--label=$replaces_label=$source_id"
      "--label=$nonce_label=${nonce_of[$each]}" "--label=$from_label=${from_of[$each]}")
    [[ -z $source_origin ]] || ours+=("--label=$reference_label=$source_origin")
  else
    answer=$work/anew.$1
  fi
  sort_environment
  for entry in "${entries[@]}"; do named+=("--env=${entry%%=*}"); done
  show create --name "$1" "${named[@]}" "${options[@]}" "${ours[@]}" -- "$2" "${command[@]}"
  made=$1
  if [[ -z $dry ]]; then
    held || return 1
    (
      for entry in "${exported[@]}"; do export "${entry?}"; done
      exec docker create --name "$1" --env-file <(printf '%s\n' "${lines[@]}") \
        "${words[@]}" "${options[@]}" "${ours[@]}" -- "$2" "${command[@]}"
    ) </dev/null >"$answer" 2>"$work/complaint" &
    finished $! || fail "$1 could not be created: $(complaint)" || return 1
    made=$(<"$answer")
    made=${made##*$'\n'}
  fi
  for each in "${connect[@]}"; do
    if [[ $each != -- ]]; then
      of+=("$each")
      continue
    fi
    change network connect "${of[@]}" "$made" || return 1
    of=()
  done
  for network in "${disconnect[@]}"; do change network disconnect "$network" "$made" || return 1; done
  [[ -z $dry ]] || return 0
  facts "$made" || fail "$1 was made and cannot be inspected: $(complaint)" || return 1
  [[ $its_image == "$3" ]] || fail "$2 is $its_image now and not $3: somebody moved the tag" || return 1
}

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

# --- the switch. The containers' names say how far it came, and the journal, whose they are ---
#
#   NAME.hot-deploy-new-ID       the next one, before it has the name
#   NAME.hot-deploy-old-ID       the one that ran (ID is the beginning of its id), while the next one has the name
#   NAME.hot-deploy-previous-ID  kept, stopped, for a rollback
#
# Where a kept one takes the place, its own ID stands behind that of the one that ran.

# Those that are to be made final or taken back, in which way; from `settling` on there is only forward.
begun=() way=restart settling='' unsettled='' moving='' state=none
declare -A sick=() ran=()

# Kept containers do not come up with the engine.
keep() { change update --restart=no "$2" && change rename "$2" "$1.hot-deploy-previous-$(short "$2")"; }

settle_restart() {
  local each name=$1
  note "$name" settle || true
  back=${ran[$name]-}
  if [[ -z $dry ]]; then
    detect "$name" || return 1
    [[ $state == none || $state == switched ]] || fail "$name cannot be made final: its restart is $state" || return 1
  fi
  [[ $state == none && -z $dry ]] || keep_old && list || return 1
  previous "$name"
  [[ -z $dry ]] || found=("$name.hot-deploy-previous-$(short "$back")" "${found[@]}")
  # What runs is settled: that one stays longer than it was to, or that somebody has started one, is no reason to stop
  # here.
  for each in "${found[@]:$keep_previous}"; do change rm "$each" || true; done
  note "$name" 'done' || true
  [[ -n $dry ]] || ! facts "${ids[$name]-}" || say "$name runs $its_reference"
}

undo_restart() {
  read_entry "${last[$1]-}" || true
  [[ $e_step != stop ]] || note "$1" restore || true
  bring undo "$1" && { note "$1" undone || true; }
}

# One with --rm that has ended is removed by the engine, in its own time, and by nobody else meanwhile.
await_absence() {
  local until=$((SECONDS + removed_within))
  while engine inspect --type container "$1" || ! is_missing; do
    ((SECONDS < until)) ||
      fail "$(short "$1") was started with --rm, has ended, and the engine has not deleted it" || return 1
    pause 0.1
  done
}

# `switch NAME NEXT_ID MARK`: between `stop` and `start` nothing serves, and only two renames happen.
switch() {
  local name=$1 next=$2
  note "$name" stop && change stop "$source_id" || return 1
  if [[ $source_auto_remove != true ]]; then
    change rename "$source_id" "$name.hot-deploy-old-$3" || return 1
  elif [[ -z $dry ]]; then
    await_absence "$source_id" || return 1
  fi
  change rename "$next" "$name" || return 1
  [[ -z $dry ]] || next=$name
  change start "$next" && await_health "$next" && watch "$next"
}

# `look_at NAME [yes]`: what runs under a name, which may have to be there; refuses what could not be put right
# afterwards.
look_at() {
  local name=$1 host
  list || return 1
  source_id=${ids[$name]-} source_auto_remove=''
  [[ -n $source_id || -n ${2-} ]] || return 0
  [[ -n $source_id ]] || fail "there is no container $name" || return 1
  facts "$source_id" || return 1
  source_auto_remove=$auto_remove source_image=$its_image source_reference=$its_reference
  source_origin=${origin:-$its_reference} ran[$name]=$source_id
  [[ ! $source_origin =~ ^(sha256:)?[0-9a-f]{12,64}$ ]] || source_origin=''
  [[ $running == true && $status == running ]] ||
    fail "$name is $status, and only a running container is re-created: start it, or remove it" || return 1
  [[ -z $swarm ]] || fail "$name belongs to the Swarm service $swarm, which would replace it: update the service" ||
    return 1
  [[ -z $health || $health == healthy ]] || sick[$name]=1
  for host in "${lives_in[@]}"; do
    engine inspect --type container --format '{{.State.Running}}' "$host" && [[ $(said) == true ]] ||
      fail "$name lives in the namespaces of container $host, which does not run: see to that first" || return 1
  done
}

# What it is that runs there, for the journal.
runs() { version "$(boots "$source_id" "${root_of[$name]}")" "$source_image" "$source_reference"; }

# `need NAME MARK`: the names that a restart gives are free. A call of a killed run that was carried out after all
# leaves a container which was never started.
need() {
  local each
  for each in "$1.hot-deploy-new-$2" "$1.hot-deploy-old-$2" "$1.hot-deploy-previous-${2:0:12}"; do
    [[ -n ${ids[$each]-} ]] || continue
    is_known "$1" "${ids[$each]}" && facts "${ids[$each]}" && [[ $status == created ]] && change rm --volumes "$id" &&
      continue
    fail "the name $each is needed, and a container has it that hot-deploy has not made:" \
      "look at it, then remove or rename it" || return 1
  done
}

# What stops short of being like the one that runs.
warn() {
  local each
  for each in "${unsaid[@]}"; do say "$1: $each"; done
}

deploy_one() {
  local name=$1 mark next use path
  source_id=''
  # Twice, since what it says of volumes is asked of the container that runs.
  settings_of "$name"
  look_at "$name" && read_volumes || return 1
  settings_of "$name"
  read_environment "$name" || return 1
  warn "$name"
  use=$(name_for_image)
  if [[ -z $source_id ]]; then
    [[ " ${!ids[*]}" != *" $name.hot-deploy-old-"* ]] ||
      fail "there is no container $name, and one that may have to have the name" || return 1
    say "$name is not there: it is made anew"
    create "$name" "$use" "$image_id" && change start "$made" && await_health "$made" && watch "$made"
    return
  fi
  # What cannot be read may be another release than the image's.
  was_loaded_hot "$source_id" || loaded_hot=yes
  ! is_cut_off "$name" || say "$name: $cut_off; a new container takes its place"
  if [[ -z $again && -z $dry && -z $cut_off && -z $loaded_hot && $source_image == "$image_id" ]]; then
    say "$name runs $use already"
    return 0
  fi
  mark=$(short "$source_id")
  need "$name" "$mark" || return 1
  begin "$name" "$source_id"
  undertake "$name" deploy recreate "$(runs)" "$(version '' "$image_id" "$use")"
  begun+=("$name")
  note "$name" create || return 1
  if [[ $source_auto_remove == true ]]; then
    create "$name.hot-deploy-old-$mark" "$source_image" "$source_image" || return 1
  fi
  create "$name.hot-deploy-new-$mark" "$use" "$image_id" || return 1
  next=$made
  undertake "$name" deploy recreate "$(runs)" "$(version "$(boots "$next" "${root_of[$name]}")" "$image_id" "$use")"
  for path in "${injected[@]}"; do
    show cp "$source_id:$path" "$next:$path"
    [[ -z $dry ]] || continue
    held || return 1
    plain_file "$source_id" "$path" || fail "$path cannot be brought along: $(complaint)" || return 1
    timeout -k 5 "$within" docker cp "$source_id:$path" - </dev/null | head -c 4200000 |
      docker cp - "$next:${path%/*}/" || return 1
  done
  say "$name: from $source_image to $image_id"
  switch "$name" "$next" "$mark"
}

# The container that ran before, started again.
rollback_one() {
  local name=$1 back mark to its_policy
  settings_of "$name"
  look_at "$name" yes || return 1
  its_policy=$policy
  previous "$name"
  was_loaded_hot "$source_id" || return 1
  if [[ -n $loaded_hot ]]; then
    say "$name was upgraded hot since it was started." \
      "A rollback goes back to the container before it, not to the release before."
    [[ -n $again ]] || fail "For that, --force; for its own image, deploy --image $source_image." || return 1
  fi
  ((${#found[@]})) || fail "of $name no previous container is kept:" \
    "deploy the image that ran before, with deploy --image REFERENCE" || return 1
  back=${ids[${found[0]}]}
  mark=$(short "$source_id")$(short "$back")
  say "$name: back to ${found[0]}"
  need "$name" "$mark" && facts "$back" || return 1
  begin "$name" "$source_id"
  to=$(version "$(boots "$back" "${root_of[$name]}")" "$its_image" "$its_reference")
  undertake "$name" rollback revive "$(runs)" "$to" ",\"kept\":\"$back\""
  begun+=("$name")
  note "$name" create || return 1
  change rename "$back" "$name.hot-deploy-new-$mark" || return 1
  change update "--restart=$its_policy" "$back" || return 1
  switch "$name" "$back" "$mark"
}

# Where there was no container, there is none again.
unmake() {
  local each name made code=0
  for each in "$work"/anew.*; do
    [[ -e $each ]] || continue
    name=${each##*/anew.}
    made=$(<"$each")
    made=${made##*$'\n'}
    if [[ -z $made ]]; then
      # The answer may have been lost: one of this image that never ran is ours, as there was none of its name.
      list || return 1
      [[ -n ${ids[$name]-} ]] && facts "${ids[$name]}" && [[ $status == created &&
        $its_image == "$image_id" ]] || continue
      made=$id
    fi
    say "$name: there was none, and it is removed again"
    change rm --force --volumes "$made" || await_absence "$made" || code=1
  done
  return "$code"
}

# --- finishing or undoing a restart, from what the engine lists; each act may be carried out again ---

# `detect NAME`: how far the restart came whose entry stands last: `state`, and the ids `old`, `spare`, `fresh`.
#   begun     nothing was stopped yet, or all is back but for what is to be tidied up
#   stopped   nobody serves
#   switched  the new one runs, and may still have to become healthy
#   none      nothing of it is left beside what has the name; or somebody else has that by now
detect() {
  local each serving beside=''
  state=none old='' spare='' fresh='' mark=''
  list || return 1
  read_entry "${last[$1]-}" || return 0
  serving=${ids[$1]-}
  [[ -z $serving ]] || belongs "$serving" || return 0
  for each in "${!ids[@]}"; do
    [[ $each =~ ^(.+)\.hot-deploy-(old|new)-([0-9a-f]{12}([0-9a-f]{12})?)$ && ${BASH_REMATCH[1]} == "$1" ]] || continue
    [[ ${BASH_REMATCH[3]} == "${e_id:0:12}"* ]] && belongs "${ids[$each]}" || continue
    [[ -z $mark || $mark == "${BASH_REMATCH[3]}" ]] || state=unclear
    mark=${BASH_REMATCH[3]}
    if [[ ${BASH_REMATCH[2]} == new ]]; then fresh=${ids[$each]}; else beside=${ids[$each]}; fi
  done
  [[ -n $mark ]] || return 0
  for each in $serving $beside; do
    if [[ $each == "$e_id" ]]; then old=$each; elif [[ $each == "$serving" &&
      -z $fresh ]]; then fresh=$each; else spare=$each; fi
  done
  [[ $state == none && -n $old$spare && (${#mark} == 12 || -z $fresh || $fresh == "${mark:12}"*) ]] ||
    fail "it is not clear what a restart has left of $1: look at what is called $1.hot-deploy-*" || return 1
  state=stopped back=${spare:-$old}
  [[ -n $serving ]] && facts "$serving" && [[ $running == true ]] || return 0
  state=switched
  [[ $serving == "$fresh" ]] || state=begun back=$serving
}

# `bring SIDE NAME`: by the table. What cannot be finished is undone, which is no success then.
bring() {
  local name=$2
  detect "$name" || return 1
  if [[ $state == none ]]; then
    serve
  elif [[ $1 == undo ]]; then
    carry_out undo && { [[ $state != ended ]] || bring undo "$name"; }
  else
    [[ -z $fresh || -z ${acts["finish $state"]-} ]] || ! carry_out finish || return 0
    ! bring undo "$name" ||
      say "$name: what was to take its place did not come up, and what ran before was started again"
    return 1
  fi
}

carry_out() {
  local act
  for act in ${acts["$1 $state"]}; do
    "$act" || return 1
    [[ $state != ended ]] || break
  done
}

# Where nothing stands beside it: what has the name serves.
serve() {
  back=${ids[$name]-} state=begun
  [[ -n $back ]] || fail "there is no container $name" || return 1
  belongs "$back" || {
    say "another container has the name $name by now, and is left alone"
    return 0
  }
  facts "$back" || return 1
  if [[ $running != true ]]; then
    change start "$back" || return 1
    state=stopped
  fi
  await_old
}

# The engine carries a stop out also where whoever asked for it is gone: what still runs may end yet, and is to be
# started again.
await_stop() {
  local until patience=10
  [[ -n ${may_be_stopping[$e_step]-} && -n $old && -n $fresh ]] && facts "$old" && [[ $running == true ]] || return 0
  engine inspect --type container --format '{{with index .Config "StopTimeout"}}{{.}}{{end}}' "$old" || return 1
  [[ ! $(said) =~ ^[0-9]{1,5}$ ]] || patience=$((10#$(said)))
  say "$name: it may have been told to end, so it is looked at for $((patience + 1)) s"
  until=$((SECONDS + patience + 1))
  while facts "$old" && [[ $running == true ]] && ((SECONDS <= until)); do pause 0.2; done
  [[ $running == true ]] || state=ended
}

end_old() { ! facts "$back" || [[ $running != true ]] || change stop "$back"; }

await_removal() { [[ -z $spare || -z $old ]] || await_absence "$old"; }

# `give_policy FROM TO`: unless it has one of its own.
give_policy() {
  local its=''
  [[ -n $1 && -n $2 ]] || return 0
  facts "$1" || return "$missing"
  its=${policy:-no}
  facts "$2" || return 1
  [[ $its == no || $auto_remove == true || ${policy:-no} != no ]] || change update "--restart=$its" "$2"
}

# Before anything of the new one goes: it may be the only place where that of the old one stands.
return_policy() { give_policy "$fresh" "$old"; }
pass_policy() { give_policy "$old" "$fresh"; }

# By its name it tells what is under way, as long as it is there.
marked=
retire_new() {
  marked=''
  [[ -n $fresh ]] || return 0
  facts "$fresh" || return "$missing"
  if ! change stop "$fresh"; then
    change rm --force --volumes "$fresh"
  elif [[ $auto_remove == true && $status != created ]]; then
    await_absence "$fresh"
  else
    [[ $own == "$name.hot-deploy-new-$mark" ]] || change rename "$fresh" "$name.hot-deploy-new-$mark" || return 1
    marked=yes
  fi
}

return_old() {
  facts "$back" || return 1
  [[ -z $marked || $own == "$name" ]] || change rename "$back" "$name" || return 1
  change start "$back" || return 1
  [[ -n $marked || $own == "$name" ]] || change rename "$back" "$name"
}

discard_new() {
  if [[ -n $fresh && $fresh == "$e_kept" ]]; then
    keep "$name" "$fresh" || return 1
  elif [[ -n $fresh ]] && { facts "$fresh" || ! is_missing; }; then
    change rm --force --volumes "$fresh" || return 1
  fi
  [[ -z $spare || $spare == "$back" ]] || change rm --force "$spare"
}

# What was not healthy before cannot be waited for; of one that was never stopped it says nothing how it fared before.
await_old() {
  [[ $state != begun && -z ${sick[$name]-} ]] || return 0
  await_health "$back" && return 0
  # Of a run that is not there any more: it may have been so before, and is no reason to leave everything as it is.
  [[ -n $recovering ]] && facts "$back" && [[ $running == true ]] && say "$name serves as before, and is not healthy"
}

place_new() {
  facts "$back" || is_missing || return 1
  [[ $own != "$name" || $id != "$back" ]] || change rename "$back" "$name.hot-deploy-old-$mark" || return 1
  facts "$fresh" || return 1
  [[ $own == "$name" ]] || change rename "$fresh" "$name" || return 1
  change start "$fresh"
}

await_new() { await_health "$fresh"; }

# Compose would count a kept one as one of the service, and one with --rm is only a stand-in. Never with its volumes:
# those are in use.
keep_old() {
  facts "$back" || return "$missing"
  if [[ -n $compose || $auto_remove == true ]]; then change rm "$back"; else keep "$name" "$back"; fi
}

# --- what an interrupted run has left ---

# `is_cut_off NAME`: its last run did not end, and something of it is there: what has the name, or stands beside it.
is_cut_off() {
  cut_off=''
  read_entry "${last[$1]-}" && [[ -z ${has_ended[$e_step]-} ]] || return 1
  detect "$1" 2>/dev/null || true
  [[ $state != none ]] || { [[ -n ${ids[$1]-} ]] && belongs "${ids[$1]}"; } || return 1
  cut_off="an earlier run was cut off at the step $e_step"
}

is_in_restart() { is_cut_off "$1" && [[ $state != none || $e_way == re[cv]* ]]; }

# Fills `half` with all targets of the interrupted runs that have one of this script's containers. What was being upgraded
# hot, and nothing else, only its bundle brings to an end.
unfinished() {
  local name
  local -A runs=()
  [[ -n $opened ]] || read_journal || return 1
  list || return 1
  half=()
  for name in "${names[@]}"; do
    ! is_in_restart "$name" || runs[$e_run]=yes
  done
  for name in "${!last[@]}"; do
    ! is_in_restart "$name" || [[ -z ${runs[$e_run]-} ]] || half+=("$name")
  done
  tell_strangers
}

# `give_back REFERENCE`: a name that a killed run had lent to its new image means again what it meant.
give_back() {
  local mark
  mark=$(printf '%s' "$1" | sha256sum)
  mark=hot-deploy-lent:${mark:0:32}
  engine image inspect --format '{{.Id}}' -- "$mark" || return 0
  change tag "$(said)" "$1" && change rmi "$mark"
}

# `resume NAME`: brings one to the side to which its whole run goes.
resume() {
  local name=$1 side=undo step word value
  is_cut_off "$name" || return 0
  undertaking[$name]=$e_details
  member reference "$e_to"
  [[ -z $value ]] || give_back "$value" || return 1
  [[ -z ${forward[$e_run]-} ]] || side=finish
  if [[ $state == none ]]; then
    serve && facts "$back" || return 1
    # Of one that stands in for another with --rm only its image tells.
    [[ $id != "$e_id" &&
      ($e_way != recreate || $e_from != *"\"$its_image\""* || $e_to == *"\"$its_image\""*) ]] || side=undo
  else
    bring "$side" "$name" || return 1
  fi
  step=undone word=undone
  [[ $side == undo ]] || step='done' word=finished
  note "$name" "$step" || true
  say "$name: its deploy is $word"
}

# Each is tried, whatever came of the others.
recovering=
recover() {
  local name code=0
  unfinished || return 1
  ((${#half[@]} == 0)) || say "an earlier run was cut off at ${half[*]}"
  recovering=yes
  for name in "${half[@]}"; do
    resume "$name" || {
      code=1
      say "$name could not be recovered. Check the container"
    }
  done
  recovering=''
  return "$code"
}

# --- the bundle: files to bring, and what to say to a node so that it goes from one release to the other ---

from='' to='' root='' image_from='' image_to='' to_reference=''
declare -A digest=() checksums=()

# The lock is a container too: what came as an archive is unpacked in it, and read out of it file by file.
stage=hot-deploy-stage
open_bundle() {
  local each own=${lock_id:-ID}
  # By the container's id, as the journal.
  stage+=-${own:0:12}
  mkdir "$work/$stage"
  show cp "$work/$stage" "$lock:/"
  show cp - "$lock:/$stage"
  if [[ -n $dry ]]; then
    # There is no lock to unpack it in.
    mkdir "$work/bundle"
    tar -xzOf "$bundle" hot-deploy/about >"$work/bundle/about" 2>"$work/complaint" ||
      fail "$bundle is damaged: $(complaint)" || return 1
    read_bundle
    return
  fi
  engine cp "$work/$stage" "$lock_id:/" || return 1
  docker cp - "$lock_id:/$stage" <"$bundle" >/dev/null 2>"$work/complaint" &
  finished $! || fail "$bundle cannot be unpacked: $(complaint)" || return 1
  unpack "$lock_id" "/$stage/hot-deploy" 32000000 || contents=()
  [[ -n ${contents[about]-} ]] || fail "$bundle holds nothing for this script: make it anew" || return 1
  mkdir "$work/bundle"
  for each in "${!contents[@]}"; do printf '%s' "${contents[$each]}" >"$work/bundle/$each"; done
  read_bundle || return 1
  unpack "$lock_id" "/$stage/${checksums[up]-}" 32000000 || fail "$bundle is damaged: $(complaint)" || return 1
  printf '%s' "${contents[@]}" >"$work/checksums"
}

directories=()
read_bundle() {
  local key value
  while read -r key value; do
    case $key in
    schema) [[ $value == 3 ]] || fail "$bundle is of another version of hot-deploy: generate both anew" || return 1 ;;
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

# `wanted QUESTION [KEY VALUE]...`: what is asked of the agent, and by whom: a node that a later run has changed refuses it.
fresh=()
wanted() {
  local words text
  words=$(printf '%s %s\n' ask "$@" environment "$environment" token "$token" suspend "$suspend_ms" fresh "${fresh[*]}" |
    base64 -w 0)
  text=$(<"$work/bundle/$file")
  printf '%s\n%s\n' "${HOT_DEPLOY_COOKIE-}" "${text/@WORDS@/$words}"
}

# `ask ID QUESTION`: `answer` is what the node said.
ask() {
  local file=ask.erl
  answer=''
  find_vm "$1" || return 1
  wanted "$2" >"$work/question"
  inside "$1" ask.sh
  [[ -n $answer ]]
}

# `install up|down ID`: `answer` is what the node said, and empty where the answer was lost. The configuration of both is
# resolved by a VM that boots the release which lies there in any case.
install() {
  local file=install.erl
  answer=''
  find_vm "$2" || return 0
  {
    echo go
    wanted install way "$1"
  } >"$work/question"
  HOT_DEPLOY_RESOLVER=$(<"$work/bundle/resolve-$1.erl") HOT_DEPLOY_WAS=$(<"$work/bundle/was-$1.erl")
  export HOT_DEPLOY_RESOLVER=${HOT_DEPLOY_RESOLVER/@PID@/$vm_pid} HOT_DEPLOY_WAS=${HOT_DEPLOY_WAS/@PID@/$vm_pid}
  inside "$2" install.sh "$root/releases/$from/start_clean" "$root/lib" "$(<"$work/bundle/evaluate")" \
    "${digest[$1]}" "$root/${checksums[$1]}"
  unset HOT_DEPLOY_RESOLVER HOT_DEPLOY_WAS
  [[ -n $answer ]] || say "$(complaint)"
}

# What runs, asked of the node until it has booted; an exec's exit code tells nothing.
await_state() {
  local until=$((SECONDS + 60))
  while ((SECONDS < until)); do
    ! ask "$1" state || [[ $answer == booting || $answer == refused* ]] || return 0
    pause 2
  done
  return 1
}

# Directories that the container has already must be what the bundle brings; the others are taken away again on the way
# back.
look_at_directories() {
  local directory line
  local -a lines=()
  fresh=()
  for directory in "${directories[@]}"; do
    # shellcheck disable=SC2016 # the container's shell expands it
    if engine exec --user "$vm_user" "$1" sh -c '[ -e "$1" ]' sh "$root/$directory"; then
      while IFS= read -r line; do
        [[ ${line:66} != "$directory/"* && ${line:66} != "$directory" ]] || lines+=("$line")
      done <"$work/checksums"
    else
      fresh+=("$directory")
    fi
  done
  ((${#lines[@]})) || return 0
  printf '%s\n' "${lines[@]}" >"$work/question"
  # shellcheck disable=SC2016
  bounded exec --interactive --user "$vm_user" "$1" sh -c 'cd "$1" && sha256sum -c - >/dev/null &&
    echo same' sh "$root" \
    <"$work/question" >"$work/said" 2>"$work/complaint" &
  finished $! || true
  [[ $(said) == same ]]
}

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
