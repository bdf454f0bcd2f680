# --- what there is ---

# Id by exact name. `docker ps --filter name=` would match a part of it, and `docker inspect` the beginning of an id.
declare -A ids=()
# Of what a restart made: what only the journal knows of it.
declare -A nonces=()
# In a dry run: names that something would have by then.
declare -A pretended=()
pretend() {
  [[ -z $dry ]] || pretended[$1]=$2
}
list() {
  local id names name nonce
  engine ps --all --no-trunc --format '{{.ID}} {{.Names}} {{json (.Label "hot-deploy.nonce")}}' || {
    say "the engine does not list its containers: $(complaint)"
    return 1
  }
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
{{with .Config.Labels}}{{with index . "com.docker.swarm.service.name"}}{{.}}{{end}}{{end}}
{{with .Config.Labels}}{{with index . "hot-deploy.reference"}}{{.}}{{end}}{{end}}'
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
    read -r origin
  } <"$work/said"
  own=${own#/}
  policy=${policy%:0}
  policy=${policy#:}
}

# `unpack ID PATH LIMIT`: what the plain files of a container's path hold, by their names: fills `contents`. By way of the engine's
# archive: `docker cp` into a folder makes a link that lies there anew, and what is read or written by its name next is any file
# of the host. All or nothing: an archive without its end was cut off. NULs are none of a text, and bash holds none.
declare -A contents=()
unpack() {
  local header size content kind
  contents=()
  { docker cp "$1:$2" - </dev/null 2>"$work/complaint" || true; } | head -c "$3" | tr '\0' '\1' >"$work/archive" &
  finished $! || true
  while IFS= read -r -N 512 header; do
    [[ $header != $'\1'* ]] || return 0
    size=${header:124:11} kind=${header:156:1} content=''
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
  unpack "$1" "$2" 4200000 && ((${#contents[@]} == 1)) || return 1
  content=${contents[*]}
}

short() { printf '%s' "${1:0:12}"; }

# `belongs ID`: whether a container is of the restart whose entry was read last: by its id, or by what only that run knew. Anybody
# can give a container a name.
belongs() { [[ $1 == "$e_id" || $1 == "$e_kept" || ${nonces[$1]-} == "\"$e_nonce\"" ]]; }

# Containers of the last restart of NAME whose name is NAME.hot-deploy-KIND-SHORTID: fills `found` with their names. If somebody else
# has the name NAME by now, none is left of it.
those() {
  local each mark
  found=()
  read_entry "${last[$1]-}" || return 0
  [[ -z ${ids[$1]-} ]] || belongs "${ids[$1]}" || return 0
  for each in "${!ids[@]}"; do
    # shellcheck disable=SC2295 # a kind may be a pattern
    mark=${each#"$1".hot-deploy-$2-}
    [[ $mark == "$each" || $mark != "${e_id:0:12}"* ]] || ! belongs "${ids[$each]}" || found+=("$each")
  done
}

# The previous objects of a container, the one that ran last first: those that the journal has put aside.
previous() {
  local each lines=()
  found=()
  for each in "${!ids[@]}"; do
    [[ $each == "$1.hot-deploy-previous-${ids[$each]:0:12}" && "${aside[$1]-} " == *" ${ids[$each]} "* ]] || continue
    facts "${ids[$each]}" || continue
    # One that runs is what a dry run would keep.
    [[ $running != true ]] || ended=9999
    lines+=("$ended $each")
  done
  ((${#lines[@]} == 0)) || mapfile -t found < <(printf '%s\n' "${lines[@]}" | sort -r | while read -r _ each; do printf '%s\n' "$each"; done)
}

# Says what has a name as a restart gives it, and is in no journal: that may have been pruned. Nothing is done with it.
tell_strangers() {
  local name each way
  for name in "${names[@]}"; do
    for each in "${!ids[@]}"; do
      [[ ${each#"$name".hot-deploy-} =~ ^(old|new|previous)-[0-9a-f]{12} && $each == "$name".hot-deploy-* ]] || continue
      way=${BASH_REMATCH[1]}
      read_entry "${last[$name]-}" && belongs "${ids[$each]}" && continue
      [[ $way != previous || "${aside[$name]-} " != *" ${ids[$each]} "* ]] || continue
      say "$each is in no journal, and is left alone$(by_hand "$name" "$each" "$way")"
    done
  done
}

by_hand() {
  [[ $3 != new ]] || return 0
  printf '. If it is what ran before, this brings it back: '
  [[ -z ${ids[$1]-} ]] || printf 'docker stop %s; docker rename %s %s.aside; ' "$1" "$1" "$1"
  printf 'docker rename %s %s; docker start %s' "$2" "$1" "$1"
}

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
  engine diff "$1" || return 1
  while read -r kind path; do
    [[ $kind == D || $path != */releases/start_erl.data ]] || loaded_hot=yes
  done <"$work/said"
}
