#!/bin/bash
# How fast analytics-svc drains a backlog, on stores of its own: bench/analytics_drain.sh [CLICKS [ROUNDS]]
#
# Prints a line a round, the medians with the ratio to COPY of the same rows, and the lag at 10,000 clicks a second.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --locked --profile dist -p bench --bin analytics_drain
bench/with-stores.sh "${CARGO_TARGET_DIR:-target}/dist/analytics_drain" "$@"
