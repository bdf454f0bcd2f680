#!/usr/bin/env bash
# Makes the lab ready: a Docker engine that answers, and Debian base images to build the examples on.
#
#   test/support/lab/up.sh [SUITE...]     default: bookworm trixie bullseye
#
# Safe to run again: what is there is kept. down.sh stops the engine, if this script started it.
set -Eeuo pipefail
# shellcheck source-path=SCRIPTDIR source=lab.sh
source "$(dirname "${BASH_SOURCE[0]}")/lab.sh"

engine_answers() { timeout 5 docker version >/dev/null 2>&1; }

# Runs apt-get, and waits while another package manager holds a lock. DPkg::Lock::Timeout covers
# dpkg's lock; the lock on the package lists has no such option, so that one is tried again.
apt() {
  local try
  for try in {1..60}; do
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qq "$@" >"$apt_log" 2>&1 && return
    grep -q 'Could not get lock' "$apt_log" || return 1
    ((try > 1)) || say "another apt-get is at work; waiting for it"
    sleep 5
  done
  return 1
}

# Installs the packages that provide commands which are not here: install COMMAND PACKAGE...
install() {
  local command="$1"
  shift
  ! type -P "$command" >/dev/null || return 0
  if [[ $EUID != 0 ]] || ! type -P apt-get >/dev/null; then
    die "$command is missing, and only root with apt-get can install it here: install $1, then run this again"
  fi
  say "installing $*"
  apt update || say "apt-get update failed (see $apt_log); trying with the lists that are here"
  apt install --no-install-recommends "$@" || die "apt-get could not install $*: see $apt_log"
}

start_engine() {
  [[ -z ${DOCKER_HOST:-} ]] || die "no Docker engine answers at DOCKER_HOST=$DOCKER_HOST: start it, or unset DOCKER_HOST"
  [[ $EUID == 0 ]] || die "no Docker engine answers, and only root can start one: start Docker, or run this as root"
  install dockerd docker.io iptables
  # Since Debian 13 the client is a package of its own.
  install docker docker-cli docker-buildx
  # Where an init system runs, the package has started its own engine by now.
  ! engine_answers || return 0
  local pid deadline=$((SECONDS + 60))
  if ! pid="$(own_engine)"; then
    say "starting dockerd (its log is $engine_log)"
    # A session of its own: it outlives this script and the terminal's signals. For every start of a container it begins
    # anew as a child of itself, which by default has collected its garbage several times before it comes to its work.
    GOGC="${GOGC:-400}" setsid dockerd "--pidfile=$engine_pid_file" </dev/null >>"$engine_log" 2>&1 &
    pid=$!
    disown
  fi
  until engine_answers; do
    kill -0 "$pid" 2>/dev/null || die "dockerd ended: see $engine_log"
    ((SECONDS < deadline)) || die "dockerd does not answer after a minute: see $engine_log"
    sleep 0.2
  done
}

# This machine's own Debian mirror, for another suite: what serves this machine serves the lab, during
# the bootstrap and in every later `RUN apt-get` of a build. Only the suite itself, since an old suite's
# security archive loses packages that its index still lists.
source_for() {
  local suite="$1" own
  own="$(. /etc/os-release && echo "${VERSION_CODENAME:-}")"
  # shellcheck disable=SC2016 # apt-get expands these
  apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(COMPONENT) $(SITE)' 'Created-By: Packages' |
    awk -v own="$own" -v suite="$suite" \
      '$1 == "Debian" && $2 == own && $3 == "main" && !found++ { print "deb", $4, suite, "main" }'
}

# How strictly this machine's apt looks at the clock. An image that is stricter cannot use the same mirror.
clock_options() {
  apt-config dump Acquire::Check-Date Acquire::Check-Valid-Until Acquire::Max-FutureTime |
    sed -n 's/^\(Acquire::[A-Za-z-]* ".*";\)$/--aptopt=\1/p'
}

# The slim image is Debian's minbase without documentation, and with an apt that keeps no caches, since
# each would end in a layer. Debian's own tool makes the same thing here.
bootstrap() {
  local suite="$1" image="debian:$1-slim" root="$state/$1.tar" since=$SECONDS source options
  source="$(source_for "$suite")"
  [[ -n $source ]] ||
    die "$image can be neither pulled nor made here, since apt knows no Debian mirror: docker load it, then run this again"
  mapfile -t options < <(clock_options)
  mmdebstrap --quiet --variant=minbase "${options[@]}" \
    --aptopt='Dir::Cache::pkgcache "";' --aptopt='Dir::Cache::srcpkgcache "";' --aptopt='Acquire::Languages "none";' \
    --aptopt='DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$suite" "$root" - <<<"$source" 2>"$state/$suite.log" || die "mmdebstrap could not make $image: see $state/$suite.log"
  docker import --change 'CMD ["bash"]' "$root" "$image" >/dev/null
  rm "$root"
  say "$image made in $((SECONDS - since)) s"
}

# Where no registry is reachable the pull must not hold anyone up.
pull() { timeout 20 docker pull --quiet "debian:$1-slim" >/dev/null 2>&1 && say "debian:$1-slim pulled"; }

present() { docker image inspect "debian:$1-slim" >/dev/null 2>&1; }

# Side by side: half of the time goes to downloads, half to unpacking. Fails when one fails, after all.
for_each() {
  local job="$1" suite pid pids=() status=0
  shift
  for suite in "$@"; do
    "$job" "$suite" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || status=1; done
  return "$status"
}

missing() { for suite in "$@"; do present "$suite" || printf '%s\n' "$suite"; done; }

main() {
  mkdir -p "$state"
  engine_answers || start_engine
  say "engine $(docker version --format '{{.Server.Version}}') answers"

  local absent
  mapfile -t absent < <(missing "$@")
  for_each pull "${absent[@]}" || say "no registry served every base image; making the rest"
  mapfile -t absent < <(missing "${absent[@]}")
  if ((${#absent[@]})); then
    install mmdebstrap mmdebstrap
    # A container's apt often starts without any package lists.
    [[ -n $(source_for any) ]] || apt update || true
    for_each bootstrap "${absent[@]}"
  fi
  say "ready with $(printf 'debian:%s-slim ' "$@")in $SECONDS s"
}

if (($#)); then main "$@"; else main bookworm trixie bullseye; fi
