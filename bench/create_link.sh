#!/bin/bash
# `createLink` through the gateway against pgbench inserting the same rows into the same database: alternating, five rounds,
# medians and their ratio. Run by bench/with-platform.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
rounds=${BENCH_ROUNDS:-5}
export BENCH_SECONDS=${BENCH_SECONDS:-10} BENCH_WORKERS=${BENCH_WORKERS:-32}

url=${DATABASE_URL:-$(cat "$DATABASE_URL_FILE")}
pgbench=$(command -v pgbench || ls /usr/lib/postgresql/*/bin/pgbench | tail -n 1)
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

ours=() theirs=()
for round in $(seq "$rounds"); do
    read -r rate errors < <("$BENCH_BIN/create_link")
    [ "$errors" = 0 ] || { echo "$errors creates failed" >&2; exit 1; }
    plain=$("$pgbench" -n -M prepared -c "$BENCH_WORKERS" -j 2 -T "$BENCH_SECONDS" -f "$here/create_link.sql" "$url" 2>/dev/null |
        awk '/^tps/ { print int($3) }')
    echo "round $round: createLink $rate/s, pgbench $plain/s"
    ours+=("$rate") theirs+=("$plain")
done
a=$(printf '%s\n' "${ours[@]}" | median) b=$(printf '%s\n' "${theirs[@]}" | median)
echo "createLink: $a/s, pgbench with the same rows: $b/s, ratio $(awk -v a="$a" -v b="$b" 'BEGIN { printf "%.2f", a / b }')"
