#!/bin/sh
# Runs the measurements of docs/understand/performance.md with an optimised build.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh
exec bench/run.sh "$@"
