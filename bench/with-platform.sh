#!/bin/bash
# Runs a command against an optimised platform with durable stores and without rate limits, which one address would reach at
# once: bench/with-platform.sh COMMAND…   The command finds the gateway in BENCH_GATEWAY, the programs in BENCH_BIN.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --locked --profile dist -p bench
export DIST=1 BENCH_BIN=${CARGO_TARGET_DIR:-target}/dist
export CURTAIL_GATEWAY__IP_PER_SECOND=0 CURTAIL_GATEWAY__ANONYMOUS_PER_MINUTE=100000000
export CURTAIL_REDIRECTOR__IP_PER_SECOND=0 CURTAIL_ANALYTICS__LIVE_CLICKS_PER_SECOND=10000
export CURTAIL_PLANS__FREE__LINKS_PER_MONTH=100000000 CURTAIL_PLANS__FREE__REQUESTS_PER_MINUTE=100000000
export CURTAIL_TELEMETRY__LOG_FILTER=warn
# shellcheck disable=SC2016 # expanded by the inner shell, which knows the platform
exec scripts/with-platform.sh bash -c 'BENCH_GATEWAY=$CURTAIL_DOMAINS__APP_URL exec "$@"' bash "$@"
