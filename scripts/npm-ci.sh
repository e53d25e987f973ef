#!/bin/sh
# Installs the locked packages of a directory unless they are there already: scripts/npm-ci.sh DIRECTORY
set -eu
cd "$(dirname "$0")/../$1"

# npm writes node_modules/.package-lock.json when it has finished; an older one belongs to another lock file.
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --prefer-offline --no-audit --no-fund
    touch node_modules/.package-lock.json
fi
