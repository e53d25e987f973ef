#!/bin/sh
# Every check that a change must pass.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh test
scripts/lint.sh
cargo test --locked --workspace
scripts/with-platform.sh scripts/test-readme.sh
# The suites send more than one address may.
CURTAIL_GATEWAY__IP_PER_SECOND=0 CURTAIL_GATEWAY__ANONYMOUS_PER_MINUTE=10000 \
    scripts/with-platform.sh scripts/test-web.sh
