#!/bin/sh
# Every check that a change must pass.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh test
scripts/lint.sh
cargo test --locked --workspace
scripts/test-readme.sh
