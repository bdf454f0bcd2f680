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
