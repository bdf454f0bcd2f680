# --- the image, which is made sure of before anything stops ---

image_id=

# `use_image REFERENCE`: what the engine has; else it is pulled.
use_image() {
  reference=$1
  if ! engine image inspect --format '{{.Id}}' -- "$reference"; then
    show pull -- "$reference"
    if [[ -n $dry ]]; then
      image_id=$reference
      return 0
    fi
    docker pull -- "$reference" </dev/null >&2 ||
      fail "the engine has no image $reference, and it cannot be pulled" || return 1
    engine image inspect --format '{{.Id}}' -- "$reference" ||
      fail "the engine has no image $reference: $(complaint)" || return 1
  fi
  image_id=$(said)
}

# Without a name: that moves after the deploy has succeeded, and never before.
build_image() {
  local words=(build) argument
  local clients='^(PATH|HOME|TMPDIR|LD_|SSL_CERT|SSH_AUTH_SOCK|BUILD(X|KIT)_|DOCKER_(HOST|CONTEXT|CONFIG|TLS|CERT))'
  local -a given=()
  for argument in "${build_arguments[@]}"; do
    # By name: everybody who lists processes sees a command line. Only what would change the client goes by its value.
    given+=(--build-arg)
    if [[ $argument =~ $clients ]]; then given+=("$argument"); else given+=("${argument%%=*}"); fi
    [[ $argument == *=* || -v $argument ]] ||
      fail "the build takes $argument from the environment, where it is not: set it," \
        "or generate this script with --with-env" || return 1
  done
  # Where the plug-in is, a builder could keep the image to itself without --load.
  if docker buildx version </dev/null >/dev/null 2>&1 && [[ ${DOCKER_BUILDKIT-} != 0 ]]; then
    words=(buildx build --load)
  fi
  words+=(--iidfile "$work/image-id" "${build_options[@]}" "${given[@]}" -- "$context")
  show "${words[@]}"
  if [[ -n $dry ]]; then
    image_id=ID_OF_THAT_IMAGE
    return 0
  fi
  rm -f "$work/image-id"
  (
    for argument in "${build_arguments[@]}"; do
      [[ $argument != *=* || $argument =~ $clients ]] || export "${argument?}"
    done
    # The plug-in would else run git in the context.
    BUILDX_GIT_INFO=false exec docker "${words[@]}" </dev/null
  ) 2>&1 | foreign >&2 || fail "docker build of $context failed" || return 1
  image_id=$(<"$work/image-id")
  engine image inspect --format '{{.Id}}' -- "$image_id" ||
    fail "the image $image_id was built, and the engine does not have it: unset BUILDX_BUILDER" || return 1
  image_id=$(said)
}

provide_image() {
  if [[ -n $build_options_known && -z $given_image ]]; then
    build_image
  else
    use_image "${given_image:-$reference}"
  fi
}

# The user's own name for the image where it means that image.
name_for_image() {
  if engine image inspect --format '{{.Id}}' -- "$reference" && [[ $(said) == "$image_id" ]]; then
    printf '%s' "$reference"
  else
    printf '%s' "$image_id"
  fi
}
