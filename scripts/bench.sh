#!/bin/sh
# Runs the measurements of docs/performance.md with an optimised build.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh
exec bench/run.sh "$@"
