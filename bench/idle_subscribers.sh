#!/bin/bash
# What idle subscribers cost the gateway, and how soon all of them receive an event: bench/idle_subscribers.sh [SUBSCRIBERS [USERS]]
#
# 10,000 sockets of 500 users by default, the most that a user may have. With other numbers the bounds are raised.
set -euo pipefail
cd "$(dirname "$0")/.."

export BENCH_SUBSCRIBERS=${1:-10000} BENCH_USERS=${2:-500}
each=$(((BENCH_SUBSCRIBERS + BENCH_USERS - 1) / BENCH_USERS))
export CURTAIL_GATEWAY__LIVE_CONNECTIONS=$((BENCH_SUBSCRIBERS + 100))
export CURTAIL_GATEWAY__LIVE_CONNECTIONS_PER_USER=$((each > 20 ? each : 20))
export CURTAIL_RPC__MAX_STREAMS=$((BENCH_USERS > 16000 ? BENCH_USERS + 1000 : 16384))
export CURTAIL_AUTH__REGISTRATIONS_IP_PER_HOUR=1000000
# Each socket is a file in the gateway and one in the measuring process.
ulimit -n $((BENCH_SUBSCRIBERS + 2000)) || { echo "so many open files are not allowed here" >&2; exit 1; }
exec bench/with-platform.sh bash -c '"$BENCH_BIN/idle_subscribers"'
