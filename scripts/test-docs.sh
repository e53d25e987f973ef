#!/bin/bash
# Runs the commands of the first five minutes and of the guide as they are written, against the platform of scripts/with-platform.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export API="$CURTAIL_DOMAINS__APP_URL/graphql"

# The first block of shell commands after a marker: commands_of FILE MARKER
commands_of() {
    local commands
    commands=$(awk -v marker="<!-- $2:" 'index($0, marker) { marked = 1 } marked && /^```$/ { exit } block { print } marked && /^```sh$/ { block = 1 }' "$1")
    [ -n "$commands" ] || { echo "$1 has no commands after its marker $2" >&2; exit 1; }
    echo "$commands"
}

commands_of docs/use/first-five-minutes.md first-five-minutes >"$work/readme.sh"
commands_of docs/use/guide.md guide >"$work/guide.sh"

# The commands stop at the first that fails. The click must be counted in the end; a slow machine may need more than a second.
cat >"$work/counted.sh" <<'CHECK'
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
bash "$work/counted.sh" "$work/readme.sh"
echo "docs/use/first-five-minutes.md: its commands work"
bash -euo pipefail "$work/guide.sh"
echo "docs/use/guide.md: its commands work"
