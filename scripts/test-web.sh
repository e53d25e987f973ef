#!/bin/bash
# The conformance audits and the browser tests of web/ and the tests of the client, against the platform of scripts/with-platform.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
export CURTAIL_URL=$CURTAIL_DOMAINS__APP_URL CURTAIL_MAILBOX=$CURTAIL_NOTIFY__MAILBOX_DIR
(cd clients/typescript && npm run --silent build && npm test)
(cd web && npm test)
