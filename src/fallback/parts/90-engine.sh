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
# journal knows of those that a restart made: the nonce and the run, as strings of JSON.
declare -A ids=() nonces=()
list() {
  local id each nonce both="{{json (.Label \"$nonce_label\")}} {{json (.Label \"$run_label\")}}"
  local -a all
  engine ps --all --no-trunc --format "{{.ID}} {{.Names}} $both" ||
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
