#!/usr/bin/env bash
# Deploys to the containers below with bash 4 and the docker CLI, and nothing else: for the day when whatever else
# deploys them is not there. Made by hot-deploy. Their settings are those of the moment when it was made. --help says
# more; it is to be read from top to bottom: after the settings comes `main`, with the story of each command.
# It holds no value of their environment: those are read from the containers that run.
# shellcheck disable=SC1003,SC1110,SC1111,SC1112,SC2016,SC2088 # what stands in quotes below stands for itself
# shellcheck disable=SC2015 # A && B || C: C where one of them fails
set -Eeuo pipefail
set -m
export LC_ALL=C
if ((BASH_VERSINFO[0] < 4 || (BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] < 2))); then
  echo 'hot-deploy: this needs bash 4.2 or later' >&2
  exit 2
fi
# Before 4.4 an empty array counts as one that is not set.
((BASH_VERSINFO[0] > 4 || BASH_VERSINFO[1] > 3)) || set +u

# --- what to deploy, and to what ---

environment=production
lock=hot-deploy-lock-production
names=(
  web
)
declare -A settings=(["web"]=container_0)
# The name that moves to the image after success.
reference=registry.example.com/acme/shop:1.4.0
# Whether there is a way to build it; `deploy --image` leaves that out.
build_options_known=yes
context=.
build_options=(
  --file=docker/Dockerfile
  --target=release
  --build-arg=TOKEN
  --build-arg=VERSION
)
# Build arguments: those that are exported to the client, and those that it has to be given.
build_values=()
build_needs=(
  TOKEN
  VERSION
)
# How many containers that ran before are kept of each, stopped.
keep_previous=3
# Seconds, and milliseconds of the moment when processes are held.
health_timeout=120
soak=10
drain=30
suspend_ms=1000
# Seconds to wait for another deploy; --lock-timeout says otherwise.
lock_timeout=600
node_name=''

run=$RANDOM$RANDOM$RANDOM-$$
[[ ! -r /proc/sys/kernel/random/uuid ]] || run=$(</proc/sys/kernel/random/uuid)
who="$(id -un 2>/dev/null || echo "user $EUID")@${HOSTNAME:-unknown}, hot-deploy.sh"
dry='' again='' given_image='' bundle='' image_id='' chosen=()

# --- the containers' settings, without what their images bring ---

# web, made from app:1 (sha256:cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4)
container_0() {
  options=(
    --restart=unless-stopped
  )
  command=()
  variables=()
  with_values=()
  connect=()
  disconnect=()
  lives_in=()
  injected=()
  unsaid=()
}

