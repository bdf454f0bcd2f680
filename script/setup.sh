# shellcheck shell=bash
# What script/demo, script/test, script/bench and script/screenshots need before they begin: Node packages, a Docker engine,
# base images, linters, a browser, and a runner of workflows.
# Sourced, from the repository's root.

missing() {
  printf '%s\n' "$*" >&2
  exit 1
}

need_node() {
  local major
  type -P node >/dev/null || missing "Node.js is missing: install version 20 or later, then run this again."
  major="$(node -p 'process.versions.node.split(".")[0]')"
  ((major >= 20)) || missing "Node.js $major is too old: install version 20 or later, then run this again."
  type -P npm >/dev/null || missing "npm is missing: install it beside Node.js, then run this again."
}

# Packages are installed once for each lockfile.
install_packages() {
  local folder="$1" mark="$1/node_modules/.installed"
  cmp -s "$folder/package-lock.json" "$mark" && return 0
  echo "installing Node packages in $folder" >&2
  npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error >&2 || missing "npm could not install the packages of $folder: is a registry configured and reachable?"
  cp "$folder/package-lock.json" "$mark"
}

# Installs packages of Debian where that may be done. What of it worked is for the caller to look at.
install_debian() {
  local each log
  [[ $EUID == 0 ]] && type -P apt-get >/dev/null || return 0
  echo "installing $*" >&2
  log="$(mktemp)"
  for each in update "install --no-install-recommends $*"; do
    # shellcheck disable=SC2086 # a command and its words
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qq -y $each >>"$log" 2>&1 || cat "$log" >&2
  done
  rm "$log"
}

# What looks over the scripts that are generated. Where it cannot be had, the tests that take it say so and are skipped.
install_linters() {
  local each absent=()
  for each in shellcheck shfmt; do type -P "$each" >/dev/null || absent+=("$each"); done
  ((${#absent[@]})) || return 0
  install_debian "${absent[@]}"
  for each in "${absent[@]}"; do
    type -P "$each" >/dev/null || echo "$each is missing and could not be installed: the tests that take it are skipped" >&2
  done
}

has_browser() { [[ -n $(type -P chromium google-chrome) ]]; }

# What the comment and the summary are looked at in. Where it cannot be had, the tests that take it say so and are skipped.
install_browser() {
  has_browser && return 0
  # Letters like those that GitHub shows, and the signs before a verdict.
  install_debian chromium fonts-liberation fonts-noto-color-emoji
  has_browser || echo "chromium is missing and could not be installed: the tests that take it are skipped" >&2
}

# The plug-in of trixie, which older suites run as well. Where it cannot be had, its rule is played in the tests that take it.
install_compose() {
  local folder="$PWD/out/tools" image=hot-deploy-test-compose id log
  docker compose version >/dev/null 2>&1 && return 0
  "$folder/docker-compose" version >/dev/null 2>&1 && return 0
  echo "installing docker compose" >&2
  mkdir -p "$folder"
  log="$(mktemp)"
  docker build -t "$image" - >"$log" 2>&1 <<'END' || cat "$log" >&2
FROM debian:trixie-slim
RUN apt-get -qq update && cd /tmp && apt-get -qq download docker-compose && dpkg -x docker-compose_*.deb /compose
END
  rm "$log"
  id="$(docker create "$image" true)" || true
  docker cp "$id:/compose/usr/libexec/docker/cli-plugins/docker-compose" "$folder/" >/dev/null 2>&1 ||
    echo "docker compose could not be installed: the tests that take it play its rule" >&2
  docker rm -f "$id" >/dev/null 2>&1 || true
  docker rmi --no-prune "$image" >/dev/null 2>&1 || true
}

# A runner that carries out whole workflows, built once for each version. Only the module proxy is asked, never a repository.
install_act() {
  local version=0.2.89 folder="$PWD/out/tools" proxy log
  [[ "$("$folder/act" --version 2>/dev/null)" == "act version $version" ]] && return 0
  if ! type -P go >/dev/null; then
    echo "go is missing, and act is built with it: the tests that take act are skipped" >&2
    return 0
  fi
  echo "building act $version" >&2
  proxy="$(go env GOPROXY)"
  log="$(mktemp)"
  GOBIN="$folder" GOPROXY="${proxy//[,|]direct/}" CGO_ENABLED=0 \
    nice -n 19 timeout 900 go install -p 1 "github.com/nektos/act@v$version" >"$log" 2>&1 || {
    cat "$log" >&2
    rm -f "$folder/act"
    echo "act could not be built: the tests that take it are skipped" >&2
  }
  rm "$log"
}

# An engine that was started for this run is stopped after it; one that ran before stays.
engine_was_there() { timeout 5 docker version >/dev/null 2>&1; }

# The layers that hold Erlang, Elixir and what else comes as packages, made once and before the tests: two that begin with them at
# the same time would make them twice. Each argument is a Debian suite and a folder with a Dockerfile.
warm_up() {
  local each
  echo "building the layers of $*" >&2
  for each in "$@"; do
    docker build -q --build-arg "DEBIAN=${each%%:*}" "${each#*:}" >/dev/null || echo "$each could not be built: its tests say why" >&2
  done
}

set_up() {
  need_node
  install_packages .
  install_packages test/support/node24
  install_linters
  if engine_was_there; then
    trap 'stop_children' EXIT
  else
    trap 'stop_children; test/support/lab/down.sh >&2' EXIT
  fi
  test/support/lab/up.sh "$@"
}

# Ctrl-C reaches the children too; a TERM to this script alone would leave them.
stop_children() {
  local children
  children="$(jobs -p)"
  # shellcheck disable=SC2086 # one word for each process
  [[ -z $children ]] || kill $children 2>/dev/null || true
}

# Bundles a TypeScript program of the tests and runs it, since Node 20 runs no TypeScript: run PROGRAM [ARG...]
run() {
  local program="$1" bundle
  shift
  bundle="out/$(basename "$program" .ts).mjs"
  mkdir -p out
  npx --no-install esbuild "$program" --bundle --platform=node --target=node20 --format=esm --packages=external \
    --outfile="$bundle" --log-level=warning
  node "$bundle" "$@"
}
