# --- the ledger: each step is written down in the container before it is carried out: ROOT/releases/hot-deploy/NUMBER-STEP.json ---
#
# hot-deploy itself reads it for its status, its rollback, and what it has to finish or undo. It is of the release's own
# user. Where no Erlang release runs, or its user cannot write beside it, there is none, and the containers' names have to do.

declare -A ledger=() writer=() undertaking=() after=()

# As the user of the release. $1 is its root, $2 the step, $3 the number of an entry that it has to come after; the entry
# comes by standard input, and is there as a whole or not.
write_entry='[ -w "$1/releases" ] || exit 0
mkdir -p "$1/releases/hot-deploy" && cd "$1/releases/hot-deploy" || exit 1
for last in [0-9][0-9][0-9][0-9][0-9][0-9]-*.json; do :; done
number=${last%%-*}
case $number in *[!0-9]*) number=0 ;; esac
while [ "$number" != "${number#0}" ]; do number=${number#0}; done
[ "${number:-0}" -ge "$3" ] || number=$3
cat >.next && mv .next "$(printf %06d $((${number:-0} + 1)))-$2.json"'

# `open_ledger NAME ID`: where it is, which only the VM that runs can tell.
open_ledger() {
  ledger[$1]='' writer[$1]=''
  find_vm "$2" || return 0
  ledger[$1]=$vm_root writer[$1]=$vm_user
}

# A JSON string.
json() {
  local text=$1 slash='\' mark='"'
  text=${text//"$slash"/"$slash$slash"}
  text=${text//"$mark"/"$slash$mark"}
  text=${text//[[:cntrl:]]/ }
  printf '"%s"' "$text"
}

# `version RELEASE IMAGE REFERENCE`: one side of a deploy; what is unknown is left out.
version() {
  printf '{"image": %s' "$(json "$2")"
  [[ -z $1 ]] || printf ', "version": %s' "$(json "$1")"
  [[ -z $3 || $3 == sha256:* ]] || printf ', "reference": %s' "$(json "$3")"
  printf '}'
}

# The release that a container boots, whether it runs or not.
boots() {
  local words
  [[ -n $2 ]] && plain_file "$1" "$2/releases/start_erl.data" "$work/start_erl.data" || return 0
  read -r -a words <"$work/start_erl.data" || true
  printf '%s' "${words[1]-}"
}

# `undertake NAME TASK WAY FROM TO [MORE]`: what all entries of this run say of a container.
undertake() {
  local each fleet=''
  for each in "${chosen[@]}"; do fleet+=${fleet:+, }$(json "$each"); done
  undertaking[$1]="\"run\": \"$run\", \"task\": \"$2\", \"way\": \"$3\", \"container\": $(json "$1"), \"from\": $4, \"to\": $5, \
\"fleet\": [$fleet], \"environment\": $environment_json, \"by\": $(json "$who")${6-}"
}

# `note NAME STEP ID`. What failed before its first step has left nothing to tell of.
note() {
  [[ -n ${ledger[$1]-} && -n ${undertaking[$1]-} ]] || return 0
  show exec --interactive --user "${writer[$1]}" "$1" sh -c "write down: $2" hot-deploy-ledger "${ledger[$1]}" "$2"
  [[ -z $dry ]] || return 0
  printf '{"schema": 1, "at": "%s", "step": "%s", %s}\n' "$(now)" "$2" "${undertaking[$1]}" >"$work/entry"
  put_entry "$3" "${ledger[$1]}" "${writer[$1]}" "$2" "${after[$1]-0}" || {
    say "$1: the step $2 could not be written down: $(complaint)"
    return 1
  }
}

put_entry() {
  docker exec --interactive --user "$3" "$1" sh -c "$write_entry" hot-deploy-ledger "$2" "$4" "${5:-0}" \
    <"$work/entry" >"$work/said" 2>"$work/complaint" &
  finished $!
}

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

# `carry_ledger NAME FROM_ID TO_ID`: it goes on in the container that takes the place of the first.
carry_ledger() {
  local root=${ledger[$1]-}
  [[ -n $root ]] || return 0
  if [[ -z $dry ]]; then
    [[ -n $(docker cp "$2:$root/releases/hot-deploy" - </dev/null 2>/dev/null | head -c 9) ]] || return 0
  fi
  show cp "$1:$root/releases/hot-deploy" -
  show cp - "$3:$root/releases"
  [[ -z $dry ]] || return 0
  # With its owner. A release that lies elsewhere begins one of its own.
  docker cp "$2:$root/releases/hot-deploy" - </dev/null 2>"$work/complaint" |
    docker cp - "$3:$root/releases" >/dev/null 2>>"$work/complaint" ||
    say "$1: what was written down of it stays in the container that ran: $(complaint)"
}

# `end_ledger NAME STEP`: ends what an earlier run had written down, in its own words.
end_ledger() {
  local name=$1 step=$2 entry was is until=$((SECONDS + 30))
  list && [[ -n ${ids[$name]-} ]] && read_traces "${ids[$name]}" || return 1
  [[ -n $cut_off ]] || return 0
  plain_file "${ids[$name]}" "$ledger_root/releases/hot-deploy/$last_file" "$work/entry" || return 1
  was="\"step\": \"$last_step\"" is="\"step\": \"$step\""
  entry=$(<"$work/entry")
  entry=${entry/"$was"/"$is"}
  printf '%s\n' "$entry" >"$work/entry"
  until find_vm "${ids[$name]}"; do
    ((SECONDS < until)) || break
    pause 0.5
  done
  if [[ -z $vm_pid ]] || ! put_entry "${ids[$name]}" "$ledger_root" "$vm_user" "$step"; then
    say "$name: that it is $step could not be written down: hot-deploy will look at it once more"
  fi
}
