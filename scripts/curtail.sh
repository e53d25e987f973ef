#!/bin/sh
# Builds the `curtail` command if necessary and runs it: scripts/curtail.sh up|demo|doctor|…
#
# RELEASE=1 builds it optimised, DIST=1 as it is shipped and measured (slower to build).
set -eu
cd "$(dirname "$0")/.."

profile=dev
directory=debug
if [ -n "${RELEASE:-}" ]; then profile=release directory=release; fi
if [ -n "${DIST:-}" ]; then profile=dist directory=dist; fi
# Quiet when there is nothing to build; the network is used only for crates that are not there yet.
cargo build --locked --profile "$profile" -p curtail
exec "${CARGO_TARGET_DIR:-target}/$directory/curtail" "$@"
