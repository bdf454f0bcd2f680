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
