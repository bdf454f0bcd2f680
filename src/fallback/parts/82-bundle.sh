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
