#!/bin/sh
# Builds the `curtail` command if need be and runs it: scripts/curtail.sh up|demo|doctor|…  RELEASE=1 builds it optimised.
set -eu
cd "$(dirname "$0")/.."

profile=dev
directory=debug
if [ -n "${RELEASE:-}" ]; then
    profile=release
    directory=release
fi
# Quiet when there is nothing to build; the network is used only for crates that are not there yet.
cargo build --locked --profile "$profile" -p curtail
exec "${CARGO_TARGET_DIR:-target}/$directory/curtail" "$@"
