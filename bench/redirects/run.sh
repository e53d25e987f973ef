#!/bin/bash
# Warm redirects with clicks recorded against nginx `return 302` with the same load on the same cores: alternating in one
# run, five rounds, medians and their ratio; then the latency of both at half of the slower one's rate.
# A redirector and a Redis of its own; shortener-svc is unavailable, as a warm redirect does not need it.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${BENCH_ROUNDS:-5} seconds=${BENCH_SECONDS:-10} connections=${BENCH_CONNECTIONS:-64}

cargo build --locked --profile dist -p curtail -p bench --bin curtail --bin redirect_link --bin redirect_latency
target=${CARGO_TARGET_DIR:-target}/dist

work=$(mktemp -d)
mkdir "$work/redis"
pids=()
finish() {
    for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
    wait || true
    rm -rf "$work"
}
trap finish EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
wait_for() { # URL
    for _ in $(seq 100); do curl -fsS -o /dev/null "$1" 2>/dev/null && return; sleep 0.1; done
    echo "$1 does not answer" >&2; return 1
}

redis=$(free_port) ours=$(free_port) admin=$(free_port) theirs=$(free_port)
redis-server --port "$redis" --bind 127.0.0.1 --dir "$work/redis" --save "" --appendonly yes --maxmemory-policy noeviction \
    --logfile "$work/redis.log" &
pids+=($!)
sed "s/@PORT@/$theirs/" bench/redirects/nginx.conf >"$work/nginx.conf"
nginx -p "$work" -c "$work/nginx.conf" 2>"$work/nginx.log" &
pids+=($!)

export REDIS_URL="redis://127.0.0.1:$redis" CURTAIL_TELEMETRY__LOG_FILTER=error
export CURTAIL_RPC__SERVICE_KEY CURTAIL_AUTH__MASTER_KEY CURTAIL_REDIRECTOR__VISITOR_KEY
CURTAIL_RPC__SERVICE_KEY=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
CURTAIL_AUTH__MASTER_KEY=$CURTAIL_RPC__SERVICE_KEY CURTAIL_REDIRECTOR__VISITOR_KEY=$CURTAIL_RPC__SERVICE_KEY
export CURTAIL_REDIRECTOR__LISTEN="127.0.0.1:$ours" CURTAIL_REDIRECTOR__ADMIN_LISTEN="127.0.0.1:$admin"
export CURTAIL_REDIRECTOR__SPOOL_DIR="$work/spool" CURTAIL_REDIRECTOR__IP_PER_SECOND=0
# No one counts here, and shipping must not pause for that.
export CURTAIL_REDIRECTOR__SHIP_WINDOW=1000000000 CURTAIL_REDIRECTOR__SPOOL_MAX_BYTES=8589934592
"$target/curtail" service redirector &
pids+=($!)
wait_for "http://127.0.0.1:$admin/health/ready"
"$target/redirect_link" a 'https://example.com/a/page/somewhere?with=a&query=string'
curl -fsS --retry 20 --retry-all-errors --retry-delay 1 -o /dev/null -H 'Host: localhost' "http://127.0.0.1:$ours/a"

rate() { # PORT
    wrk -t2 -c"$connections" -d"${seconds}s" -H 'Host: localhost' "http://127.0.0.1:$1/a" >"$work/wrk"
    if grep -q 'Non-2xx\|Socket errors' "$work/wrk"; then cat "$work/wrk" >&2; return 1; fi
    awk '/^Requests\/sec/ { print int($2) }' "$work/wrk"
}
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
a=() b=()
for round in $(seq "$rounds"); do
    b+=("$(rate "$theirs")") a+=("$(rate "$ours")")
    echo "round $round: redirector ${a[-1]}/s, nginx ${b[-1]}/s"
done
a=$(printf '%s\n' "${a[@]}" | median) b=$(printf '%s\n' "${b[@]}" | median)
echo "redirector $a/s, nginx $b/s, ratio $(awk -v a="$a" -v b="$b" 'BEGIN { printf "%.2f", a / b }')"

half=$(((a < b ? a : b) / 2))
for round in $(seq "$rounds"); do
    for server in "nginx $theirs" "redirector $ours"; do
        read -r name port <<<"$server"
        read -r p50 p99 p999 errors < <("$target/redirect_latency" "127.0.0.1:$port" /a "$half" "$seconds")
        echo "round $round at $half/s: $name p50 ${p50} us, p99 ${p99} us, p99.9 ${p999} us, $errors failed"
    done
done
echo "clicks:"
curl -fsS "http://127.0.0.1:$admin/metrics" | grep -E '^redirector_(clicks_|spool_)'
