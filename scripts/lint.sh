#!/bin/sh
# Formatting, clippy, contracts, scripts of pages and of the client. Needs the network only for tools that are not there yet.
set -eu
cd "$(dirname "$0")/.."
. scripts/node-path.sh
scripts/npm-install.sh tools
scripts/npm-install.sh web
scripts/npm-install.sh clients/typescript

cargo fmt --all --check
(cd proto && ../tools/node_modules/.bin/buf lint)
scripts/contracts.sh check
node tools/structure/catalogue.js
node tools/structure/links.js
(cd clients/typescript && npm run --silent generated && npm run --silent types)
(cd web && npm run --silent lint)
cargo clippy --locked --workspace --all-targets --quiet -- -D warnings
