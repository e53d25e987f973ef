#!/bin/bash
# Runs the README's first five minutes as they are written, against a platform started for it in a directory of its own.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
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
for _ in $(seq 600); do
    if [ -e "$work/curtail/run/ready" ]; then break; fi
    kill -0 "$platform" 2>/dev/null || break
    sleep 1
done
if [ ! -e "$work/curtail/run/ready" ]; then
    cat "$work/up.log"
    echo "the platform did not start" >&2
    exit 1
fi

# The first block of shell commands after the marker.
awk '/first-five-minutes/ { marked = 1 } marked && /^```$/ { exit } block { print } marked && /^```sh$/ { block = 1 }' README.md \
    >"$work/commands.sh"
[ -s "$work/commands.sh" ] || { echo "the README has no commands after its marker" >&2; exit 1; }

# shellcheck disable=SC1091
. "$work/curtail/environment"
# The commands stop at the first that fails. The click must be counted in the end; a slow machine may need more than a second.
cat >"$work/test.sh" <<'CHECK'
set -euo pipefail
. "$1"
for _ in $(seq 30); do
    counted=$(gql 'query($id: ID!) { link(id: $id) { totals { clicks } } }' "$(jq -n --arg id "$ID" '{id: $id}')" |
        jq .data.link.totals.clicks)
    if [ "$counted" = 1 ]; then exit 0; fi
    sleep 1
done
echo "the click was counted $counted times" >&2
exit 1
CHECK
API="$CURTAIL_DOMAINS__APP_URL/graphql" bash "$work/test.sh" "$work/commands.sh"
echo "README: the first five minutes work"
