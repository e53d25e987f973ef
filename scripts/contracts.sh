#!/bin/sh
# The contracts of the platform (protos, GraphQL schema, OpenAPI, client): scripts/contracts.sh check|release VERSION|pack [FOLDER]
#
# check    refuses changes that would break clients of the released contracts
# release  makes the contracts as they are now the released ones
# pack     writes the packages of the released contracts, to target/contracts unless another folder is named
set -eu
cd "$(dirname "$0")/.."
. scripts/node-path.sh
command=${1:-}
case "$command" in
    check | release | pack) shift ;;
    *) sed -n 's/^# \{0,1\}//p' "$0" | tail -n +2 >&2; exit 2 ;;
esac
scripts/npm-install.sh tools
if [ "$command" = pack ]; then scripts/npm-install.sh clients/typescript; fi
exec node "tools/contracts/$command.js" "$@"
