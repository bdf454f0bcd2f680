#!/usr/bin/env bash
# Deploys to the containers below with bash 4 and the docker CLI, and nothing else: for the day when whatever else deploys
# them is not there. Made by hot-deploy. Their settings are those of the moment when it was made. --help says more.
# It holds no value of their environment: those are read from the containers that run.
# shellcheck disable=SC1003,SC1110,SC1111,SC1112,SC2016,SC2088 # what stands in quotes below stands for itself
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

environment=production
environment_json='"production"'
lock=hot-deploy-lock-production
names=(
  tst
)
# The name that moves to the image after success.
reference=octochat:2-bookworm
# Whether there is a way to build it; `deploy --image` leaves that out.
build_options_known=
context=.
build_options=()
build_arguments=()
# How many containers that ran before are kept of each, stopped.
keep_previous=3
# Seconds, and milliseconds of the moment when processes are held.
health_timeout=120
soak=1
drain=1
suspend_ms=1000
# Seconds to wait for another deploy; --lock-timeout says otherwise.
lock_timeout=600
node_name=''

run=$RANDOM$RANDOM$RANDOM-$$
[[ ! -r /proc/sys/kernel/random/uuid ]] || run=$(</proc/sys/kernel/random/uuid)
shown=1 dry='' again='' given_image='' bundle='' image_id='' work='' hot_way=''
chosen=() found=() half=()

# --- the containers' settings, without what their images bring ---

# tst, made from octochat:1-bookworm (sha256:675392b4cac7055b5be3d26f0779db41ff05c3828dac1c061c52d1cae1a6b60c)
container_0() {
  options=(
    --expose=4040/tcp
    --log-driver=json-file
    --publish=4040/tcp
    --restart=no
    --cgroupns=host
    --ipc=private
    --shm-size=67108864
    --runtime=runc
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

# Calls the node: $1 pid, $2 bin directory, $3 flag and $4 name of the node.
call_node=$(
  cat <<'END'
cookie=${HOT_DEPLOY_COOKIE:-}; unset HOT_DEPLOY_COOKIE
[ -n "$cookie" ] || cookie=$(tr '\000' '\n' <"/proc/$1/cmdline" | sed -n '/^-setcookie$/{n;p;q;}')
call() {
  at=$$
  for _ in 1 2 3; do
    "$1/erl_call" "$2" "$3" -h "hot_deploy_$((at % 8))" ${cookie:+-c "$cookie"} -e -fetch_stdout -no_result_term && return
    at=$((at + 1))
  done
  return 1
}
call "$2" "$3" "$4"
END
)

# --- how it speaks, and how it talks to the engine ---

say() { printf 'hot-deploy: %s\n' "$*" >&2; }

# Nothing was touched, or all is taken back by the trap.
refuse() {
  say "$*"
  exit 1
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

# What the engine answered last, and what it complained of.
said() { printf '%s' "$(<"$work/said")"; }
complaint() { printf '%s' "$(<"$work/complaint")"; }

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

engine() {
  docker "$@" </dev/null >"$work/said" 2>"$work/complaint" &
  finished $!
}

show() { printf 'docker%s\n' "$(quoted "$@")" >&"$shown"; }

# Every command that changes something goes through here.
change() {
  show "$@"
  [[ -z $dry ]] || return 0
  engine "$@" || {
    say "docker $1 failed: $(complaint)"
    return 1
  }
}

pause() { sleep "$1" 2>/dev/null || sleep 1 || true; }

# --- what there is ---

# Id by exact name. `docker ps --filter name=` would match a part of it, and `docker inspect` the beginning of an id.
declare -A ids=()
# In a dry run: names that something would have by then.
declare -A pretended=()
pretend() {
  [[ -z $dry ]] || pretended[$1]=$2
}
list() {
  local id names name
  engine ps --all --no-trunc --format '{{.ID}} {{.Names}}' || {
    say "the engine does not list its containers: $(complaint)"
    return 1
  }
  ids=()
  while read -r id names; do
    while [[ -n $names ]]; do
      name=${names%%,*}
      # With a slash it is what another container calls it, by a link.
      [[ $name == */* ]] || ids[$name]=$id
      [[ $names == *,* ]] || break
      names=${names#*,}
    done
  done <"$work/said"
  for name in "${!pretended[@]}"; do ids[$name]=${pretended[$name]}; done
}

# Of one container, by its id. `.Id` is no field of the client's own type, so the template sees the engine's answer as it
# is, in which a field may be missing: `index` takes that.
facts() {
  local format='{{.Id}}
{{.Name}}
{{.Image}}
{{.State.Status}}
{{.State.Running}}
{{with index .State "Health"}}{{.Status}}{{end}}
{{.State.ExitCode}}
{{.State.StartedAt}}
{{.State.FinishedAt}}
{{.RestartCount}}
{{.Created}}
{{.HostConfig.AutoRemove}}
{{.HostConfig.RestartPolicy.Name}}:{{.HostConfig.RestartPolicy.MaximumRetryCount}}
{{.Config.Image}}
{{with .Config.Labels}}{{with index . "com.docker.compose.project"}}{{.}}{{end}}{{end}}
{{with .Config.Labels}}{{with index . "com.docker.swarm.service.name"}}{{.}}{{end}}{{end}}'
  engine inspect --type container --format "$format" "$1" || return 1
  {
    read -r id
    read -r own
    read -r its_image
    read -r status
    read -r running
    read -r health
    read -r exit_code
    read -r started
    read -r ended
    read -r restarts
    read -r created
    read -r auto_remove
    read -r policy
    read -r its_reference
    read -r compose
    read -r swarm
  } <"$work/said"
  own=${own#/}
  policy=${policy%:0}
  policy=${policy#:}
}

short() { printf '%s' "${1:0:12}"; }

# Containers whose name is NAME.hot-deploy-KIND-SHORTID: fills `found` with their names.
those() {
  local each
  found=()
  for each in "${!ids[@]}"; do
    [[ $each != "$1.hot-deploy-$2-"* ]] || found+=("$each")
  done
}

# The previous objects of a container, the one that ran last first.
previous() {
  local each lines=()
  those "$1" previous
  for each in "${found[@]}"; do
    facts "${ids[$each]}" || continue
    # One that runs is what a dry run would keep.
    [[ $running != true ]] || ended=9999
    lines+=("$ended $each")
  done
  found=()
  ((${#lines[@]} == 0)) || mapfile -t found < <(printf '%s\n' "${lines[@]}" | sort -r | while read -r _ each; do printf '%s\n' "$each"; done)
}

# Bytes as `printf "% x"` of the engine's templates writes them: exact, whatever they are.
decoded=
decode() {
  decoded=
  [[ -z $1 ]] || printf -v decoded '%b' "\\x${1// /\\x}"
}

# What a container's own layer tells: whether a release was loaded hot into it, and how far its ledger got.
read_traces() {
  local kind path file
  loaded_hot='' ledger_root='' last_file='' last_step=''
  engine diff "$1" || return 1
  while read -r kind path; do
    [[ $kind != D ]] || continue
    file=${path##*/}
    case $path in
    */releases/start_erl.data) loaded_hot=yes ;;
    */releases/hot-deploy/[0-9][0-9][0-9][0-9][0-9][0-9]-*.json)
      ledger_root=${path%/releases/hot-deploy/*}
      [[ ! $file > $last_file ]] || last_file=$file
      ;;
    esac
  done <"$work/said"
  last_step=${last_file#*-} last_step=${last_step%.json}
  cut_off=''
  case $last_step in
  '' | done | undone) ;;
  *) cut_off="an earlier run was cut off at the step $last_step ($last_file)" ;;
  esac
}

# --- the lock: a container that is created and never started; names are unique on an engine ---

lock_id='' beating='' taking=''

# Whoever holds the lock shows by another content of this file, every few seconds, that it lives. If somebody prunes it
# away, it is made anew; if somebody else has it then, this run ends.
beat() {
  local count=0 lock_id=$1
  while kill -0 "$$" 2>/dev/null; do
    count=$((count + 1))
    printf '%s %s\n' "$run" "$count" >"$work/hot-deploy-beat"
    if ! docker cp "$work/hot-deploy-beat" "$lock_id:/hot-deploy-beat" </dev/null >/dev/null 2>&1 &&
      ! docker inspect --type container --format '{{.Id}}' "$lock_id" </dev/null >/dev/null 2>&1 &&
      docker version </dev/null >/dev/null 2>&1; then
      if lock_id=$(docker "${lock_words[@]}" </dev/null 2>/dev/null); then
        say "somebody removed $lock, the lock of this run: it was taken again, and the run goes on"
        continue
      fi
      say "the lock $lock was taken from this run: it stops here"
      kill -TERM "$$"
      return
    fi
    pause 3
  done
}

beat_of() {
  rm -f "$work/its-beat"
  engine cp "$1:/hot-deploy-beat" "$work/its-beat" || return 0
  printf '%s' "$(<"$work/its-beat")"
}

# `read_holder ID`: whose lock it is, and of which environment.
read_holder() {
  engine inspect --type container --format '{{with .Config.Labels}}{{with index . "hot-deploy.lock"}}{{.}}{{end}}{{end}}
{{with .Config.Labels}}{{with index . "hot-deploy.holder"}}{{.}}{{end}}{{end}}' "$1" || return 1
  {
    read -r its_environment
    read -r holder
  } <"$work/said"
  holder_by=$holder
  [[ ! $holder =~ \"by\":\"([^\"]*)\" ]] || holder_by=${BASH_REMATCH[1]}
  [[ ! $holder =~ \"since\":\"([^\"]*)\" ]] || holder_by+=" (since ${BASH_REMATCH[1]})"
}

# `fate HOLDER`: in the same process namespace of the same machine the holder's process tells at once whether it is gone.
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

# What /proc says of a process after its command's name, which may hold anything: its state, and as the twentieth word when
# it started, in ticks since the machine's start.
stat_of() {
  local line
  { line=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
  printf '%s' "${line##*) }"
}

machine='' namespace=''
read_machine() {
  { machine=$(</proc/sys/kernel/random/boot_id); } 2>/dev/null || machine=unknown
  local link
  link=$(readlink /proc/self/ns/pid 2>/dev/null) || link=unknown
  namespace=$link
}

who='' lock_words=()
take_lock() {
  local image=$1 line holder holder_by its_environment fate other
  local -a stat
  read_machine
  read -r -a stat <<<"$(stat_of $$)"
  holder="{\"by\":$(json "$who"),\"host\":\"$machine\",\"pidns\":\"$namespace\",\"pid\":$$,\"startTicks\":${stat[19]:-0},\"since\":\"$(now)\"}"
  lock_words=(create --name "$lock" --label "hot-deploy.lock=$environment" --label "hot-deploy.run=$run"
    --label "hot-deploy.holder=$holder" --network none --entrypoint hot-deploy-lock)
  # What the image says of its containers would be said of this one: it would be counted among them, and routed to.
  if engine image inspect --format '{{range $key, $value := .Config.Labels}}{{printf "% x" $key}}
{{end}}' "$image"; then
    while IFS= read -r line; do
      decode "$line"
      [[ -z $decoded || $decoded == *=* ]] || lock_words+=(--label "$decoded=")
    done <"$work/said"
  fi
  lock_words+=("$image")
  show "${lock_words[@]}"
  [[ -z $dry ]] || return 0
  taking=yes
  local since=$SECONDS watched='' last='' beaten='' silent=0 looked=$SECONDS told='' failed=0 now waited
  while :; do
    if engine "${lock_words[@]}"; then
      lock_id=$(said)
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
    [[ $its_environment == "$environment" ]] || {
      say "$lock is the name of the lock on $environment, and belongs to a container that is no lock: look at what it is"
      return 1
    }
    fate "$holder"
    if [[ $fate == unknown ]]; then
      now=$(beat_of "$other")
      if [[ $watched != "$other" ]]; then
        beaten='' silent=0
      elif [[ $last != "$now" ]]; then
        beaten=yes silent=0
      else
        # A time in which nobody looked is no silence.
        waited=$((SECONDS - looked))
        silent=$((silent + (waited < 3 ? waited : 3)))
      fi
      watched=$other last=$now looked=$SECONDS
    fi
    if [[ $fate == gone ]] || { [[ $fate == unknown ]] && ((silent >= 15)); }; then
      say "$holder_by held $lock and is gone: taking it over"
      # By its id: two that take it over cannot remove each other's new one.
      engine rm --force --volumes "$other" || true
      continue
    fi
    waited=$((SECONDS - since))
    if ((waited >= lock_timeout)) && { [[ $fate == alive ]] || { [[ -n $beaten ]] && ((silent < 6)); } || ((waited >= lock_timeout + 18)); }; then
      say "somebody else deploys to $environment just now: $holder_by. Wait until that has ended, or give --lock-timeout longer; if you are sure that it has ended: docker rm $lock"
      return 1
    fi
    [[ $told == "$other" ]] || say "waiting for the lock on $environment: $holder_by has it"
    told=$other
    pause 0.5
  done
}

give_lock_back() {
  [[ -z $beating ]] || {
    kill -KILL -- "-$beating" || kill -KILL "$beating"
    wait "$beating"
  } >/dev/null 2>&1 || true
  beating=
  [[ -z $dry || ${#lock_words[@]} == 0 ]] || show rm --force --volumes "$lock"
  # By its name and this run's id: a signal may have come between its creation and the answer, or it was made anew since.
  if [[ -n $taking ]] && list && [[ -n ${ids[$lock]-} ]] &&
    engine inspect --type container --format '{{.Id}} {{with .Config.Labels}}{{with index . "hot-deploy.run"}}{{.}}{{end}}{{end}}' "${ids[$lock]}" &&
    [[ $(said) == "${ids[$lock]} $run" ]]; then
    engine rm --force --volumes "${ids[$lock]}" || say "$lock could not be removed: $(complaint)"
  fi
}

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
    docker pull -- "$reference" </dev/null >&2 || {
      say "the engine has no image $reference, and it cannot be pulled"
      return 1
    }
    engine image inspect --format '{{.Id}}' -- "$reference" || {
      say "the engine has no image $reference: $(complaint)"
      return 1
    }
  fi
  image_id=$(said)
}

# Without a name: that moves after the deploy has succeeded, and never before.
build_image() {
  local words=(build) argument
  local -a given=()
  for argument in "${build_arguments[@]}"; do
    given+=(--build-arg "$argument")
    [[ $argument == *=* || -v $argument ]] || {
      say "the build takes $argument from the environment, where it is not: set it, or generate this script with --with-env"
      return 1
    }
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
  docker "${words[@]}" </dev/null >&2 || {
    say "docker build of $context failed"
    return 1
  }
  image_id=$(<"$work/image-id")
  engine image inspect --format '{{.Id}}' -- "$image_id" || {
    say "the image $image_id was built, and the engine does not have it: unset BUILDX_BUILDER"
    return 1
  }
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

# The engine runs a HEALTHCHECK for the first time after a whole interval. So the same command is run here from the start.
check=()
read_check() {
  local line shell=()
  check=()
  engine inspect --type container --format '{{with index .Config "Healthcheck"}}{{range .Test}}{{printf "% x" .}}
{{end}}{{end}}' "$1" || return 1
  while IFS= read -r line; do
    [[ -z $line && ${#check[@]} == 0 ]] && continue
    decode "$line"
    check+=("$decoded")
  done <"$work/said"
  engine inspect --type container --format '{{range index .Config "Shell"}}{{printf "% x" .}}
{{end}}' "$1" || return 1
  while IFS= read -r line; do
    [[ -z $line ]] && continue
    decode "$line"
    shell+=("$decoded")
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
  [[ -z $asking ]] || {
    kill -KILL -- "-$asking" || kill -KILL "$asking"
    wait "$asking"
  } >/dev/null 2>&1 || true
  asking=
}

# `await_health ID`: says why not.
await_health() {
  local code=0
  [[ -z $dry ]] || return 0
  read_check "$1" || {
    say "the container is gone: $(complaint)"
    return 1
  }
  ((${#check[@]} == 0)) || ask_check "$1"
  judge_health "$1" || code=1
  stop_asking
  ((code == 0)) || {
    say "the end of its log:"
    docker logs --tail 20 "$1" </dev/null >&2 || true
  }
  return "$code"
}

judge_health() {
  local round=0 until=$((SECONDS + health_timeout))
  while :; do
    facts "$1" || {
      say "the container is gone: $(complaint)"
      return 1
    }
    if [[ $running != true || $status == restarting ]]; then
      say "$own ended with exit code $exit_code"
      return 1
    fi
    if ((restarts > 0)); then
      say "$own ended and was restarted by its restart policy"
      return 1
    fi
    if ((${#check[@]} == 0)); then
      ((round < 20)) || return 0
    elif [[ $health == healthy || -e $work/passed ]]; then
      return 0
    elif [[ $health == unhealthy ]]; then
      say "the HEALTHCHECK of $own fails"
      return 1
    elif ((SECONDS > until)); then
      say "$own was still starting after $health_timeout s"
      return 1
    fi
    round=$((round + 1))
    pause 0.1
  done
}

# --- a container like the one that runs, on another image ---

# Sets what `container_N` says of the container with this name.
settings_of() {
  local at
  for at in "${!names[@]}"; do
    [[ ${names[at]} != "$1" ]] || {
      "container_$at"
      return
    }
  done
  return 1
}

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
  [[ -n $source_id ]] || {
    say "$1 is not there, so its environment cannot be read from it (${variables[*]}): generate the script with --with-env"
    return 1
  }
  engine inspect --type container --format '{{range .Config.Env}}{{printf "% x" .}}
{{end}}' "$source_id" || return 1
  while IFS= read -r line; do
    decode "$line"
    [[ -z $decoded ]] || values[${decoded%%=*}]=$decoded
  done <"$work/said"
  for name in "${variables[@]}"; do
    entry=${values[$name]-}
    [[ -n $entry ]] || {
      say "$1 has no variable $name any more: generate the script anew"
      return 1
    }
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
    elif [[ $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ && ! -v $name && ! $name =~ ^(DOCKER|BUILD|LD_|GO|SSL_|SSH_|XDG_|TMP|TERM|LANG|LC_|BASH) && ! $name =~ (proxy|PROXY)$ ]]; then
      exported+=("$entry")
      words+=("--env=$name")
    else
      words+=("--env=$entry")
    fi
  done
}

# `create NAME FROM ID`: with everything that the settings say; not started. Its id is in `made`.
made=
create() {
  local entry each network code=0
  local -a named=() of=()
  sort_environment
  for entry in "${entries[@]}"; do named+=("--env=${entry%%=*}"); done
  show create --name "$1" "${named[@]}" "${options[@]}" -- "$2" "${command[@]}"
  made=$1
  if [[ -z $dry ]]; then
    (
      for entry in "${exported[@]}"; do export "${entry?}"; done
      exec docker create --name "$1" --env-file <(printf '%s\n' "${lines[@]}") "${words[@]}" "${options[@]}" -- "$2" "${command[@]}"
    ) </dev/null >"$work/said" 2>"$work/complaint" &
    finished $! || {
      say "$1 could not be created: $(complaint)"
      return 1
    }
    made=$(said)
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
  facts "$made" || {
    say "$1 was made and cannot be inspected: $(complaint)"
    return 1
  }
  [[ $its_image == "$3" ]] || {
    say "$2 is $its_image now and not $3: somebody moved the tag"
    return 1
  }
}

# --- the VM in a container, and how it is asked ---

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

# --- the ledger: each step is written down in the container before it is carried out: ROOT/releases/hot-deploy/NUMBER-STEP.json ---
#
# hot-deploy itself reads it for its status, its rollback, and what it has to finish or undo. It is of the release's own
# user. Where no Erlang release runs, or its user cannot write beside it, there is none, and the containers' names have to do.

declare -A ledger=() writer=() undertaking=()

# As the user of the release. $1 is its root, $2 the step; the entry comes by standard input, and is there as a whole or not.
write_entry='[ -w "$1/releases" ] || exit 0
mkdir -p "$1/releases/hot-deploy" && cd "$1/releases/hot-deploy" || exit 1
for last in [0-9][0-9][0-9][0-9][0-9][0-9]-*.json; do :; done
number=${last%%-*}
case $number in *[!0-9]*) number=0 ;; esac
while [ "$number" != "${number#0}" ]; do number=${number#0}; done
cat >.next && mv .next "$(printf %06d $((${number:-0} + 1)))-$2.json"'

# `open_ledger NAME ID`: where it is, which only the VM that runs can tell.
open_ledger() {
  ledger[$1]='' writer[$1]=''
  find_vm "$2" || return 0
  ledger[$1]=$vm_root writer[$1]=$vm_user
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
  printf '{"image": %s' "$(json "$2")"
  [[ -z $1 ]] || printf ', "version": %s' "$(json "$1")"
  [[ -z $3 || $3 == sha256:* ]] || printf ', "reference": %s' "$(json "$3")"
  printf '}'
}

# The release that a container boots, whether it runs or not.
boots() {
  local words
  rm -f "$work/start_erl.data"
  [[ -n $2 ]] && engine cp "$1:$2/releases/start_erl.data" "$work/start_erl.data" || return 0
  read -r -a words <"$work/start_erl.data" || true
  printf '%s' "${words[1]-}"
}

# `undertake NAME TASK WAY FROM TO [MORE]`: what all entries of this run say of a container.
undertake() {
  local each fleet=''
  for each in "${chosen[@]}"; do fleet+=${fleet:+, }$(json "$each"); done
  undertaking[$1]="\"run\": \"$run\", \"task\": \"$2\", \"way\": \"$3\", \"container\": $(json "$1"), \"from\": $4, \"to\": $5, \
\"fleet\": [$fleet], \"environment\": $environment_json, \"by\": $(json "$who")${6-}"
}

# `note NAME STEP ID`
note() {
  [[ -n ${ledger[$1]-} ]] || return 0
  show exec --interactive --user "${writer[$1]}" "$1" sh -c "write down: $2" hot-deploy-ledger "${ledger[$1]}" "$2"
  [[ -z $dry ]] || return 0
  printf '{"schema": 1, "at": "%s", "step": "%s", %s}\n' "$(now)" "$2" "${undertaking[$1]}" >"$work/entry"
  put_entry "$3" "${ledger[$1]}" "${writer[$1]}" "$2" || {
    say "$1: the step $2 could not be written down: $(complaint)"
    return 1
  }
}

put_entry() {
  docker exec --interactive --user "$3" "$1" sh -c "$write_entry" hot-deploy-ledger "$2" "$4" \
    <"$work/entry" >"$work/said" 2>"$work/complaint" &
  finished $!
}

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

# `carry_ledger NAME FROM_ID TO_ID`: it goes on in the container that takes the place of the first.
carry_ledger() {
  local root=${ledger[$1]-}
  [[ -n $root ]] || return 0
  if [[ -z $dry ]]; then
    engine cp "$2:$root/releases/hot-deploy" "$work/ledger" || return 0
    rm -rf "$work/ledger"
  fi
  show cp "$1:$root/releases/hot-deploy" -
  show cp - "$3:$root/releases"
  [[ -z $dry ]] || return 0
  # With its owner. A release that lies elsewhere begins one of its own.
  docker cp "$2:$root/releases/hot-deploy" - </dev/null 2>"$work/complaint" |
    docker cp - "$3:$root/releases" >/dev/null 2>>"$work/complaint" ||
    say "$1: what was written down of it stays in the container that ran: $(complaint)"
}

# `end_ledger NAME STEP`: ends what an earlier run had written down, in its own words.
end_ledger() {
  local name=$1 step=$2 entry was is until=$((SECONDS + 30))
  list && [[ -n ${ids[$name]-} ]] && read_traces "${ids[$name]}" || return 1
  [[ -n $cut_off ]] || return 0
  engine cp "${ids[$name]}:$ledger_root/releases/hot-deploy/$last_file" "$work/entry" || return 1
  was="\"step\": \"$last_step\"" is="\"step\": \"$step\""
  entry=$(<"$work/entry")
  entry=${entry/"$was"/"$is"}
  printf '%s\n' "$entry" >"$work/entry"
  until find_vm "${ids[$name]}"; do
    ((SECONDS < until)) || break
    pause 0.5
  done
  if [[ -z $vm_pid ]] || ! put_entry "${ids[$name]}" "$ledger_root" "$vm_user" "$step"; then
    say "$name: that it is $step could not be written down: hot-deploy will look at it once more"
  fi
}

# --- the switch, and the way back. The containers' names say how far it came: whoever runs this next reads them ---
#
#   NAME.hot-deploy-new-ID       the next one, before it has the name
#   NAME.hot-deploy-old-ID       the one that ran (ID is the beginning of its id), while the next one has the name
#   NAME.hot-deploy-previous-ID  kept, stopped, for a rollback

begun=()
declare -A sick=()
settling=

# Takes a container out of the way: one that was kept from an earlier deploy is kept again, any other is removed. Never
# the volumes that have a name: the container that serves has them.
put_away() {
  local name=$1 old_created=$2
  facts "$3" || return 1
  if [[ $running == true ]]; then
    change stop "$id" || true
    facts "$3" || return 0
  fi
  # Without a start there is nothing to keep, and what is older than the one it was to replace had been kept.
  if [[ $started != 0001-* && -n $old_created && $created < $old_created ]]; then
    keep "$name" "$id"
  else
    change rm --force --volumes "$id"
  fi
}

# Kept containers do not come up with the engine.
keep() {
  change update --restart=no "$2" && change rename "$2" "$1.hot-deploy-previous-$(short "$2")"
}

# `undo NAME`: puts back what ran, however far it came.
undo() {
  local name=$1 each mark original old old_created=''
  list || return 1
  [[ -z ${ids[$name]-} ]] || original=${ids[$name]}
  those "$name" old
  for each in "${found[@]}"; do
    mark=${each##*-} old=${ids[$each]}
    facts "$old" || return 1
    old_created=$created
    if [[ -n ${original-} && $(short "$original") == "$mark" ]]; then
      # It still has its name: this one was made to stand in for a container that its --rm would delete.
      change rm --force --volumes "$old" || return 1
      continue
    fi
    if [[ -n ${original-} ]]; then
      facts "$original" || return 1
      local its_policy=$policy
      put_away "$name" "$old_created" "$original" || return 1
      facts "$old" || return 1
      if [[ $auto_remove != true && $policy != "$its_policy" ]]; then
        change update "--restart=$its_policy" "$old" || return 1
      fi
    fi
    change rename "$old" "$name" || return 1
    original=$old
  done
  those "$name" new
  for each in "${found[@]}"; do
    if [[ -z ${original-} ]]; then
      # Nothing else is left of it.
      original=${ids[$each]}
      change rename "$original" "$name" || return 1
      continue
    fi
    facts "$original" || return 1
    put_away "$name" "$created" "${ids[$each]}" || return 1
  done
  [[ -n ${original-} ]] || {
    say "there is no container $name"
    return 1
  }
  [[ -z $dry ]] || return 0
  facts "$original" || return 1
  [[ $running == true ]] || change start "$original" || return 1
  # What was not healthy before cannot be waited for.
  [[ -n ${sick[$name]-} ]] || await_health "$original"
}

# `settle NAME`: forward for good.
settle() {
  local name=$1 each
  list || return 1
  those "$name" old
  for each in "${found[@]}"; do
    facts "${ids[$each]}" || return 1
    # Compose would count a kept container as one of the service, and one with --rm is only a stand-in.
    if [[ -n $compose || $auto_remove == true ]]; then
      change rm "$each" || return 1
    else
      keep "$name" "$id" || return 1
      pretend "$name.hot-deploy-previous-$(short "$id")" "$id"
    fi
    unset "pretended[$each]"
  done
  list || return 1
  previous "$name"
  for each in "${found[@]:$keep_previous}"; do change rm "$each" || return 1; done
}

# `switch NAME NEXT_ID`: between `stop` and `start` nothing serves, and only two renames happen.
switch() {
  local name=$1 next=$2 mark
  mark=$(short "$source_id")
  note "$name" stop "$source_id" || return 1
  carry_ledger "$name" "$source_id" "$next"
  change stop "$source_id" || return 1
  if [[ $source_auto_remove == true ]]; then
    local until=$((SECONDS + 60))
    while [[ -z $dry ]] && list && [[ -n ${ids[$name]-} ]]; do
      ((SECONDS < until)) || {
        say "$name was started with --rm, has ended, and the engine has not deleted it"
        return 1
      }
      pause 0.1
    done
  else
    change rename "$source_id" "$name.hot-deploy-old-$mark" || return 1
    pretend "$name.hot-deploy-old-$mark" "$source_id"
  fi
  change rename "$next" "$name" || return 1
  [[ -z $dry ]] || next=$name
  change start "$next" && await_health "$next"
}

# Says what runs under a name, and refuses what could not be put right afterwards.
look_at() {
  local name=$1 host
  list || return 1
  source_id=${ids[$name]-}
  [[ -n $source_id ]] || return 0
  facts "$source_id" || return 1
  source_auto_remove=$auto_remove source_image=$its_image source_reference=$its_reference
  [[ $running == true && $status == running ]] || {
    say "$name is $status, and only a running container is re-created: start it, or remove it"
    return 1
  }
  [[ -z $swarm ]] || {
    say "$name belongs to the Swarm service $swarm, which would replace it: update the service"
    return 1
  }
  [[ -z $health || $health == healthy ]] || sick[$name]=1
  for host in "${lives_in[@]}"; do
    if ! engine inspect --type container --format '{{.State.Running}}' "$host" || [[ $(said) != true ]]; then
      say "$name lives in the namespaces of container $host, which does not run: see to that first"
      return 1
    fi
  done
}

# What it is that runs there, for the ledger.
runs() { version "$(boots "$source_id" "${ledger[$name]}")" "$source_image" "$source_reference"; }

# What stops short of being like the one that runs.
warn() {
  local each
  for each in "${unsaid[@]}"; do say "$1: $each"; done
}

deploy_one() {
  local name=$1 mark next use path
  source_id='' source_auto_remove=''
  # Twice, since what it says of volumes is asked of the container that runs.
  settings_of "$name"
  look_at "$name" || return 1
  read_volumes || return 1
  settings_of "$name"
  read_environment "$name" || return 1
  warn "$name"
  use=$(name_for_image)
  if [[ -z $source_id ]]; then
    say "$name is not there: it is made anew"
    create "$name" "$use" "$image_id" || return 1
    change start "$made" && await_health "$made" && return 0
    change rm --force --volumes "$made"
    return 1
  fi
  read_traces "$source_id" || return 1
  [[ -z $cut_off ]] || say "$name: $cut_off; a new container takes its place"
  if [[ -z $again && -z $dry && -z $cut_off && -z $loaded_hot && $source_image == "$image_id" ]]; then
    say "$name runs $use already"
    return 0
  fi
  mark=$(short "$source_id")
  begun+=("$name")
  open_ledger "$name" "$source_id"
  if [[ $source_auto_remove == true ]]; then
    create "$name.hot-deploy-old-$mark" "$source_image" "$source_image" || return 1
  fi
  create "$name.hot-deploy-new-$mark" "$use" "$image_id" || return 1
  next=$made
  undertake "$name" deploy recreate "$(runs)" "$(version "$(boots "$next" "${ledger[$name]}")" "$image_id" "$use")"
  for path in "${injected[@]}"; do
    show cp "$source_id:$path" "$next:$path"
    [[ -n $dry ]] || docker cp "$source_id:$path" - </dev/null | docker cp - "$next:${path%/*}/" || return 1
  done
  say "$name: from $source_image to $image_id"
  switch "$name" "$next"
}

# `go_back NAME...`: each, and what became of it in the exit code: 3 where all serve again, else 4.
go_back() {
  local name at code=3
  for ((at = $#; at > 0; at--)); do
    name=${!at}
    say "$name: going back"
    if undo "$name"; then
      list || true
      note "$name" undone "${ids[$name]-}" || true
    else
      code=4
      say "$name could not be put back: look at it now"
      docker ps --all --filter "name=^/$name" --format '{{.Names}}: {{.Status}}' </dev/null >&2 || true
    fi
  done
  return "$code"
}

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
      [[ $(short "$id") != "${mark##*-}" ]] || return 1
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
    engine cp "${ids[$name]}:$ledger_root/releases/hot-deploy/$last_file" "$work/entry" || continue
    entry=$(<"$work/entry")
    [[ $entry == *'"way": "recreate"'* || $entry == *'"way": "revive"'* ]] || continue
    say "$name: $cut_off, and nothing of it is left to do"
    if [[ $last_step == settle ]]; then end_ledger "$name" 'done'; else end_ledger "$name" undone; fi
  done
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
      undo "$name" && end_ledger "$name" undone || return 1
      say "$name: its deploy is undone"
    done
  fi
}

# --- rollback: the object that ran before, started again ---

rollback_one() {
  local name=$1 back mark its_policy
  settings_of "$name"
  look_at "$name" || return 1
  [[ -n $source_id ]] || {
    say "there is no container $name"
    return 1
  }
  its_policy=$policy
  previous "$name"
  read_traces "$source_id" || return 1
  if [[ -n $loaded_hot ]]; then
    say "$name was upgraded hot since it was started. A rollback goes back to the container before it, not to the release before."
    [[ -n $again ]] || {
      say "For that, --force; for the image that it was started from, deploy --image $source_image."
      return 1
    }
  fi
  ((${#found[@]})) || {
    say "of $name no previous container is kept: deploy the image that ran before, with deploy --image REFERENCE"
    return 1
  }
  back=${ids[${found[0]}]} mark=$(short "$source_id")
  say "$name: back to ${found[0]}"
  begun+=("$name")
  open_ledger "$name" "$source_id"
  facts "$back" || return 1
  undertake "$name" rollback revive "$(runs)" "$(version "$(boots "$back" "${ledger[$name]}")" "$its_image" "$its_reference")"
  change rename "$back" "$name.hot-deploy-new-$mark" || return 1
  change update "--restart=$its_policy" "$back" || return 1
  switch "$name" "$back"
}

# --- the bundle: files to bring, and what to say to a node so that it goes from one release to the other ---

from='' to='' root='' image_from='' image_to='' to_reference=''
declare -A digest=() checksums=()

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

# --- hot: a bundle loaded into the running VM by its own release_handler ---

hot_way='' hot_begun=() hot_left=() hot_well=''
declare -A hot_fresh=()

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
  # From here on forward, whatever comes.
  hot_left=("${hot_begun[@]}") hot_well=yes
  hot_conclude || exit 4
}

hot_conclude() {
  list || return 1
  while ((${#hot_left[@]})); do
    hot_settle "${hot_left[0]}" || return 1
    hot_left=("${hot_left[@]:1}")
  done
}

# Of the trap: answers the exit code.
hot_ending() {
  local at result=3
  if [[ -n $hot_well ]]; then
    ((${#hot_left[@]})) || return 0
    ((code != 4)) && hot_conclude || return 4
    return 0
  fi
  [[ -z $dry ]] || return 1
  ((${#hot_begun[@]})) || return 1
  for ((at = ${#hot_begun[@]} - 1; at >= 0; at--)); do
    hot_back "${hot_begun[at]}" || {
      result=4
      say "${hot_begun[at]} could not be put back: look at it now"
    }
  done
  return "$result"
}

# --- what an earlier upgrade by this bundle has left half-way ---

# Between the same two releases: forward where it had begun to settle, else back.
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

# --- the commands ---

usage() {
  cat <<'END'
Usage: hot-deploy.sh deploy|rollback|plan|status [--dry-run] [NAME...]
       hot-deploy.sh hot BUNDLE [--dry-run] [NAME...]

  deploy    make sure of the image, then put each container on it; back on failure
  hot       load a bundle (hot-deploy-FROM-TO.tar.gz) into the running VM, with the checks of a deploy
  rollback  put back the container that ran before
  plan      say what deploy would do, and change nothing
  status    say what runs

  --dry-run        print each docker command that would change something, and change nothing
  --image IMAGE    deploy this image and build nothing; it is pulled where the engine has it not
  --context DIR    build from this folder
  --lock-timeout SECONDS
                   how long to wait for another deploy that is under way; 0 does not wait
  --force          deploy although the image runs already; roll back although a hot upgrade was in between
  --help           this

Without NAME it is about all containers: those below.
Exit codes: 0 done; 1 refused, and nothing was touched; 2 usage; 3 it failed, and what ran before runs again; 4 look at it.
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
      say "$name ($(short "$source_id"), of $source_reference) would be stopped and replaced by a new container of that image"
      read_traces "$source_id" || return 1
      [[ -z $cut_off ]] || say "$name: $cut_off"
    fi
    ((${#variables[@]} == 0)) || say "$name: the values of ${variables[*]} come from the container that runs"
    warn "$name"
  done
}

status() {
  local name each holder holder_by its_environment
  list || return 1
  for name in "${chosen[@]}"; do
    if [[ -z ${ids[$name]-} ]]; then
      printf '%s: not there\n' "$name"
    else
      facts "${ids[$name]}" || return 1
      printf '%s: %s%s since %s, of %s (%s)\n' "$name" "$status" "${health:+ and $health}" "$started" "$its_reference" "$its_image"
      [[ $running != true ]] || printf '%s: release %s\n' "$name" "$(release_of "$id")"
      read_traces "${ids[$name]}" || return 1
      [[ -z $cut_off ]] || printf '%s: %s\n' "$name" "$cut_off"
    fi
    previous "$name"
    for each in "${found[@]}"; do
      facts "${ids[$each]}" || continue
      printf '%s: kept %s, of %s, ended %s\n' "$name" "$each" "$its_reference" "$ended"
    done
  done
  unfinished || return 1
  for name in "${half[@]}"; do printf '%s: unfinished; the next deploy or rollback finishes or undoes it\n' "$name"; done
  if [[ -n ${ids[$lock]-} ]]; then
    read_holder "${ids[$lock]}" && printf 'lock: %s\n' "$holder_by"
  else
    printf 'lock: free\n'
  fi
}

# Undoes what was begun, however this script ends.
work='' done_well=''
ending() {
  local code=$?
  trap '' INT TERM HUP
  trap - EXIT ERR
  set +e
  stopped=''
  stop_asking
  if ((${#begun[@]})) && [[ -z $done_well && -z $dry ]]; then
    if [[ -n $settling ]]; then
      code=0
      conclude || code=4
    else
      go_back "${begun[@]}"
      code=$?
    fi
  elif [[ -n $hot_way ]]; then
    hot_ending
    code=$?
  elif ((code > 4)); then
    # A signal came before anything was touched, or after everything was done.
    code=$((${#settling} == 0))
  fi
  give_lock_back
  [[ -z $work ]] || rm -rf "$work"
  exit "$code"
}

# Each container by `$1`, and only when all came through it is final for any.
each_by() {
  local name
  for name in "${chosen[@]}"; do
    "$1" "$name" || exit 1
  done
  # From here on forward, whatever comes.
  settling=yes
  conclude || exit 4
  done_well=yes
}

# What is left to do once all came through; it may be begun again.
moving=''
conclude() {
  local name
  for name in "${begun[@]}"; do
    list || return 1
    note "$name" settle "${ids[$name]-}" || true
    settle "$name" || return 1
    note "$name" 'done' "${ids[$name]-}" || true
    [[ -n $dry ]] || ! facts "${ids[$name]-}" || say "$name runs $its_reference"
  done
  [[ -z $moving ]] || change tag "$image_id" "$reference" || {
    say "all containers run $image_id, and $reference still names what ran before"
    return 1
  }
}

main() {
  local action=${1-} name
  case $action in
  deploy | hot | rollback | plan | status) shift ;;
  --help | -h | help)
    usage
    exit 0
    ;;
  '') misused 'a command is missing' ;;
  *) misused "there is no command $action" ;;
  esac
  while (($#)); do
    case $1 in
    --dry-run) dry=yes ;;
    --force) again=yes ;;
    --image | --context | --lock-timeout)
      [[ -n ${2-} ]] || misused "$1 needs a value"
      case $1 in
      --image) given_image=$2 ;;
      --context) context=$2 ;;
      --lock-timeout)
        [[ $2 =~ ^[0-9]{1,6}$ ]] || misused "--lock-timeout takes seconds, and $2 is none"
        lock_timeout=$((10#$2))
        ;;
      esac
      shift
      ;;
    --help | -h)
      usage
      exit 0
      ;;
    -*) misused "there is no option $1" ;;
    *)
      if [[ $action == hot && -z $bundle ]]; then bundle=$1; else chosen+=("$1"); fi
      ;;
    esac
    shift
  done
  for name in "${chosen[@]}"; do settings_of "$name" || misused "this script knows no container $name"; done
  ((${#chosen[@]})) || chosen=("${names[@]}")
  [[ $action != hot || -n $bundle ]] || misused 'the bundle is missing'
  [[ $action != hot || -r $bundle ]] || misused "there is no bundle $bundle"
  command -v docker >/dev/null || refuse 'the docker command line is missing'

  trap ending EXIT
  trap 'stopped=129' HUP
  trap 'stopped=130' INT
  trap 'stopped=143' TERM
  who=$(id -un 2>/dev/null) || who="user $EUID"
  who+="@${HOSTNAME:-unknown}, hot-deploy.sh"
  umask 077
  work=$(mktemp -d)
  engine version --format '{{.Server.Version}}' || refuse "no docker engine answers: $(complaint)"
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
  hot) hot ;;
  esac
}

main "$@"
