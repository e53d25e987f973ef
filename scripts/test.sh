#!/bin/sh
# Every check that a change must pass.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh test
. scripts/node-path.sh
scripts/lint.sh
(cd tools && npm test)
cargo test --locked --workspace
scripts/with-platform.sh scripts/test-docs.sh
# The suites send more than one address may.
CURTAIL_GATEWAY__IP_PER_SECOND=0 CURTAIL_GATEWAY__ANONYMOUS_PER_MINUTE=10000 CURTAIL_REDIRECTOR__NOT_FOUND_PER_MINUTE=0 \
CURTAIL_AUTH__REGISTRATIONS_IP_PER_HOUR=1000 CURTAIL_AUTH__MAIL_BURST=1000 \
    scripts/with-platform.sh scripts/test-web.sh
