#!/bin/bash
# Runs a command against an optimised platform of its own: bench/with-platform.sh COMMAND…
#
# The platform lives in a new directory, with durable stores (fsync on) and without rate limits, which one address would reach
# at once. The command finds the settings of the platform in its environment, and its gateway in BENCH_GATEWAY.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --locked --release -p curtail -p bench
target=${CARGO_TARGET_DIR:-target}/release

work=$(mktemp -d)
platform=
finish() {
    if [ -n "$platform" ]; then
        kill -TERM "$platform" 2>/dev/null || true
        wait "$platform" || true
    fi
    rm -rf "$work"
}
trap finish EXIT

export CURTAIL_GATEWAY__IP_PER_SECOND=0 CURTAIL_GATEWAY__ANONYMOUS_PER_MINUTE=100000000
export CURTAIL_REDIRECTOR__IP_PER_SECOND=0 CURTAIL_REDIRECTOR__NOT_FOUND_PER_MINUTE=0
export CURTAIL_PLANS__FREE__LINKS_PER_MONTH=100000000 CURTAIL_PLANS__FREE__REQUESTS_PER_MINUTE=100000000
export CURTAIL_TELEMETRY__LOG_FILTER=warn
"$target/curtail" up --dir "$work/curtail" >"$work/up.log" 2>&1 &
platform=$!
for _ in $(seq 120); do
    if [ -e "$work/curtail/run/ready" ]; then break; fi
    kill -0 "$platform" 2>/dev/null || break
    sleep 1
done
[ -e "$work/curtail/run/ready" ] || { cat "$work/up.log" >&2; exit 1; }

set -a
# shellcheck disable=SC1091
. "$work/curtail/environment"
set +a
export BENCH_GATEWAY="$CURTAIL_DOMAINS__APP_URL" BENCH_BIN="$target"
"$@"
