#!/bin/sh
# Nodes that know each other's cookie may run anything on each other. A turnstile that was given none
# keeps to itself: it makes one up, and only its own command line knows it.
set -eu
: "${TURNSTILE_COOKIE:=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')}"
export TURNSTILE_COOKIE
exec bin/turnstile foreground
