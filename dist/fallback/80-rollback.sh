# --- rollback: the object that ran before, started again ---

rollback_one() {
  local name=$1 back mark its_policy
  settings_of "$name"
  look_at "$name" || return 1
  [[ -n $source_id ]] || {
    say "there is no container $name"
    return 1
  }
  its_policy=$policy
  previous "$name"
  read_traces "$source_id" || return 1
  if [[ -n $loaded_hot ]]; then
    say "$name was upgraded hot since it was started. A rollback goes back to the container before it, not to the release before."
    [[ -n $again ]] || {
      say "For that, --force; for the image that it was started from, deploy --image $source_image."
      return 1
    }
  fi
  ((${#found[@]})) || {
    say "of $name no previous container is kept: deploy the image that ran before, with deploy --image REFERENCE"
    return 1
  }
  back=${ids[${found[0]}]}
  mark=$(short "$source_id")$(short "$back")
  say "$name: back to ${found[0]}"
  begun+=("$name")
  open_ledger "$name" "$source_id"
  # What was re-created by hand begins anew, and the one that was kept from before has a past of its own.
  read_traces "$back" || return 1
  [[ -z $last_file ]] || after[$name]=$((10#${last_file%%-*}))
  facts "$back" || return 1
  undertake "$name" rollback revive "$(runs)" "$(version "$(boots "$back" "${ledger[$name]}")" "$its_image" "$its_reference")"
  change rename "$back" "$name.hot-deploy-new-$mark" || return 1
  change update "--restart=$its_policy" "$back" || return 1
  switch "$name" "$back" "$mark"
}
