#!/bin/bash
# Runs a command against a platform started for it in a directory of its own, and stops that again:
# scripts/with-platform.sh COMMAND…   RELEASE=1 takes an optimised build.
#
# The command finds the platform's settings in its environment, as `curtail up` wrote them.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
# Else PostgreSQL, which does not run as root, could not reach its files in here and `up` would keep them elsewhere, for good.
chmod 755 "$work"
platform=
finish() {
    if [ -n "$platform" ]; then
        kill -TERM "$platform" 2>/dev/null || true
        wait "$platform" || true
    fi
    rm -rf "$work"
}
trap finish EXIT

scripts/curtail.sh up --dir "$work/curtail" >"$work/up.log" 2>&1 &
platform=$!
# The first build of an optimised platform takes many minutes; `up` itself gives up on its own.
while [ ! -e "$work/curtail/run/ready" ]; do
    kill -0 "$platform" 2>/dev/null || { cat "$work/up.log" >&2; echo "the platform did not start" >&2; exit 1; }
    sleep 0.5
done

set -a
# shellcheck disable=SC1091
. "$work/curtail/environment"
set +a
"$@"
