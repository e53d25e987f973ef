#!/bin/bash
# Runs the README's first five minutes as they are written, against the platform of scripts/with-platform.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The first block of shell commands after the marker.
awk '/first-five-minutes/ { marked = 1 } marked && /^```$/ { exit } block { print } marked && /^```sh$/ { block = 1 }' README.md \
    >"$work/commands.sh"
[ -s "$work/commands.sh" ] || { echo "the README has no commands after its marker" >&2; exit 1; }

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
