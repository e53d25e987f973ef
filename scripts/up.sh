#!/bin/sh
# Runs everything on this machine until Ctrl-C. RELEASE=1 for an optimised build.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh
scripts/geo.sh
exec scripts/curtail.sh up
