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
    schema) [[ $value == 2 ]] || fail "$bundle is of another version of hot-deploy: generate both anew" || return 1 ;;
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
  {
    printf '%s\n' "${HOT_DEPLOY_COOKIE-}"
    filled "$2"
  } >"$work/question"
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
  [[ -n $prints ]] || fail 'the configuration of what runs could not be resolved in the container' || return 1
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
    printf 'go\n%s\n' "${HOT_DEPLOY_COOKIE-}"
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

# Directories that the container has already must be what the bundle brings; the others are taken away again on the way
# back.
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
  bounded exec --interactive --user "$vm_user" "$1" sh -c 'cd "$1" && sha256sum -c - >/dev/null &&
    echo same' sh "$root" \
    <"$work/question" >"$work/said" 2>"$work/complaint" &
  finished $! || true
  [[ $(said) == same ]]
}
