# --- what there is ---

# Id by exact name. `docker ps --filter name=` would match a part of it, and `docker inspect` the beginning of an id.
declare -A ids=()
# Of what a restart made: the id of the container whose place it takes.
declare -A replaced=()
# In a dry run: names that something would have by then.
declare -A pretended=()
pretend() {
  [[ -z $dry ]] || pretended[$1]=$2
}
list() {
  local id names name replaces
  engine ps --all --no-trunc --format '{{.ID}} {{.Names}} {{.Label "hot-deploy.replaces"}}' || {
    say "the engine does not list its containers: $(complaint)"
    return 1
  }
  ids=() replaced=()
  while read -r id names replaces; do
    replaced[$id]=$replaces
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

# `piece AT COUNT`: of the archive.
piece() { head -c "$(($1 + $2))" "$work/archive" | tail -c "$2"; }

# `plain_file ID PATH FILE`: what a plain file of at most 4 MB in a container holds. By way of the engine's archive: `docker cp`
# into a folder makes a link that lies there anew, and what is read or written by its name next is any file of the host.
plain_file() {
  local at=0 kind size bytes
  rm -f "$3" "$work/archive"
  { docker cp "$1:$2" - </dev/null 2>"$work/complaint" || true; } | head -c 4200000 >"$work/archive" &
  finished $! || true
  bytes=$(wc -c <"$work/archive")
  while ((at + 512 <= bytes)); do
    size=$(piece $((at + 124)) 11)
    [[ $size =~ ^[0-7]+$ ]] || break
    size=$((8#$size)) kind=$(piece $((at + 156)) 1)
    case $kind in
    # More about the file that follows: with a size, one that is too large for the place where a size stands.
    x)
      [[ $(piece $((at + 512)) "$size") != *' size='* ]] || break
      at=$((at + 512 + (size + 511) / 512 * 512))
      ;;
    0)
      ((at + 512 + size <= bytes)) || break
      piece $((at + 512)) "$size" >"$3"
      return 0
      ;;
    *) break ;;
    esac
  done
  [[ -s $work/complaint ]] || printf '%s' "$2 is no plain file of at most 4 MB" >"$work/complaint"
  return 1
}

short() { printf '%s' "${1:0:12}"; }

# Containers whose name is NAME.hot-deploy-KIND-SHORTID: fills `found` with their names. Anybody can give a container such a name
# when making it, so each has to be what its name says. If somebody else has the name NAME by now, none is left of a restart.
those() {
  local each mark
  found=()
  for each in "${!ids[@]}"; do
    [[ $each == "$1.hot-deploy-$2-"* ]] || continue
    mark=${each##*-}
    if [[ $2 == previous ]]; then
      [[ $(short "${ids[$each]}") != "$mark" ]] || found+=("$each")
    elif belongs "${ids[$each]}" "$mark" && { [[ -z ${ids[$1]-} ]] || belongs "${ids[$1]}" "$mark"; }; then
      found+=("$each")
    fi
  done
}

# `belongs ID MARK`: the container whose place is taken, by its own id; the one that takes it by its label, or if it is a kept one
# by its own id.
belongs() {
  [[ $1 != "${2:0:12}"* ]] || return 0
  if [[ -n ${2:12} ]]; then [[ $1 == "${2:12}"* ]]; else [[ ${replaced[$1]-} == "$2"* ]]; fi
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
