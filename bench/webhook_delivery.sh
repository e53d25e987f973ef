#!/bin/bash
# How many webhooks notify-svc delivers, and how late, without and beside dead receivers: bench/webhook_delivery.sh [EVENTS [DEAD]]
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --locked --profile dist -p bench --bin webhook_delivery
bench/with-stores.sh "${CARGO_TARGET_DIR:-target}/dist/webhook_delivery" "$@"
