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
  if loaded_hot "$source_id"; then
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
  back=${ids[${found[0]}]} mark=$(short "$source_id")
  say "$name: back to ${found[0]}"
  begun+=("$name")
  change rename "$back" "$name.hot-deploy-new-$mark" || return 1
  change update "--restart=$its_policy" "$back" || return 1
  switch "$name" "$back"
}
