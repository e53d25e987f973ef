#!/bin/bash
# The conformance audits and the browser tests of web/, against the platform of scripts/with-platform.sh.
set -euo pipefail
cd "$(dirname "$0")/../web"
CURTAIL_URL=$CURTAIL_DOMAINS__APP_URL CURTAIL_MAILBOX=$CURTAIL_NOTIFY__MAILBOX_DIR npm test
