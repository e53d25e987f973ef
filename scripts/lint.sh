#!/bin/sh
# Formatting, clippy, contracts, scripts of pages. Needs the network only for tools that are not there yet.
set -eu
cd "$(dirname "$0")/.."
scripts/npm-install.sh tools

cargo fmt --all --check
cargo clippy --locked --workspace --all-targets --quiet -- -D warnings
(cd proto && ../tools/node_modules/.bin/buf lint)
tools/node_modules/.bin/biome ci --no-errors-on-unmatched .
