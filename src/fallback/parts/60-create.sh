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
