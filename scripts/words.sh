#!/bin/sh
# Refuses words that the field does not use; scripts/banned-words.txt has the list with what to write instead.
#   scripts/words.sh [PATH…]
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- .
tab=$(printf '\t')
found=0
# Not ours to change: what was released, what others wrote, migrations that ran.
left_out=':!contracts/released :!**/migrations/** :!LICENSE :!CHANGELOG.md :!*lock* :!scripts/banned-words.txt :!fuzz/seeds :!**/corpus/** :!**/dist/**'
while IFS=$tab read -r pattern instead; do
    case $pattern in '#'* | '') continue ;; esac
    # shellcheck disable=SC2086 # a list of pathspecs
    if git grep -nIiP "$pattern" -- "$@" $left_out; then
        echo "  ^ write: $instead" >&2
        found=1
    fi
done <scripts/banned-words.txt
exit $found
