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
