#!/bin/sh
# Installs the locked packages of a directory unless they are there already: scripts/npm-install.sh DIRECTORY
#
# Not `npm ci`: that refuses a lock file from which packages for other systems are missing, and not every mirror of the
# registry has them all. The versions are those of the lock file either way.
set -eu
cd "$(dirname "$0")/.."
. scripts/node-path.sh
node_is_new_enough node || { echo "Node $node_wanted or newer is needed; scripts/setup.sh test brings it." >&2; exit 1; }
cd "$1"

# npm writes node_modules/.package-lock.json when it has finished; an older one belongs to another lock file.
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm install --no-save --prefer-offline --no-audit --no-fund
    touch node_modules/.package-lock.json
fi
