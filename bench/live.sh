#!/bin/bash
# Click to subscription and change to every redirector, under 5,000 clicks and 200 creates a second, with a second redirector
# beside that of the platform. Run by bench/with-platform.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

spool=$(mktemp -d)
second=
finish() {
    [ -z "$second" ] || { kill -TERM "$second" 2>/dev/null && wait "$second" || true; }
    rm -rf "$spool"
}
trap finish EXIT

CURTAIL_REDIRECTOR__LISTEN=127.0.0.1:18081 CURTAIL_REDIRECTOR__ADMIN_LISTEN=127.0.0.1:19103 \
    CURTAIL_REDIRECTOR__SPOOL_DIR=$spool "$BENCH_BIN/curtail" service redirector >"$spool/log" 2>&1 &
second=$!
until curl -fsS http://127.0.0.1:19103/health/ready >/dev/null 2>&1; do
    kill -0 "$second" || { cat "$spool/log" >&2; exit 1; }
    sleep 0.2
done
BENCH_REDIRECTORS=$CURTAIL_REDIRECTOR__LISTEN,127.0.0.1:18081 "$BENCH_BIN/live"
