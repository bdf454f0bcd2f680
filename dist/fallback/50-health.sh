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

# `watch ID`: a container that came up must stay up for as long as a hot load is watched; a restart by its policy is no staying up.
watch() {
  [[ -z $dry ]] || return 0
  facts "$1" || return 1
  if ((restarts == 0)) && soak_for "$1" "$started"; then
    return 0
  fi
  say "the end of its log:"
  docker logs --tail 20 "$1" </dev/null >&2 || true
  return 1
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
