#!/bin/bash
# Mails per second to an SMTP server that answers at once, and with slow recipients among them, on stores of its own:
# bench/mail_throughput.sh [MAILS [AT_ONCE]]. The SMTP server is in the measuring process.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --locked --profile dist -p bench --bin mail_throughput
bench/with-stores.sh "${CARGO_TARGET_DIR:-target}/dist/mail_throughput" "$@"
