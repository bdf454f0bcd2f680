#!/usr/bin/env bash
# Lays an example out as one version of it would stand in a repository of its own.
#
#   test/support/lab/stage.sh NAME VERSION DEST     for instance: stage.sh octochat 2 /tmp/octochat-2
#
# An example's folder is its version 1. versions/N holds only what N changes in the version before it.
set -Eeuo pipefail

(($# == 3)) || {
  echo "usage: stage.sh NAME VERSION DEST" >&2
  exit 2
}
name="$1" version="$2" dest="$3"
example="$(cd "$(dirname "${BASH_SOURCE[0]}")/../../../examples/$name" && pwd)"

if ((version > 1)) && [[ ! -d $example/versions/$version ]]; then
  echo "stage: $name has no version $version in $example/versions" >&2
  exit 1
fi

mkdir -p "$dest"
# A file that an earlier staging left behind would become part of the release.
if [[ -n $(ls -A "$dest") ]]; then
  echo "stage: $dest is not empty: give a new folder" >&2
  exit 1
fi

cp -a "$example/." "$dest"
rm -rf "$dest/versions" "$dest/_build" "$dest/deps"
for ((overlay = 2; overlay <= version; overlay++)); do
  cp -a "$example/versions/$overlay/." "$dest"
done
