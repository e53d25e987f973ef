#!/bin/sh
# Formatting, clippy, contracts, scripts of pages. Needs the network only for tools that are not there yet.
set -eu
cd "$(dirname "$0")/.."
scripts/npm-install.sh tools
scripts/npm-install.sh web

cargo fmt --all --check
(cd proto && ../tools/node_modules/.bin/buf lint)
(cd web && npm run --silent lint)
cargo clippy --locked --workspace --all-targets --quiet -- -D warnings
