#!/bin/bash
# Runs a command against a PostgreSQL and a Redis of its own, empty and durable: bench/with-stores.sh COMMAND…
#
# PostgreSQL runs with fsync and synchronous commits, Redis with an append-only file. Both are gone afterwards. TMPDIR says where
# they keep their data meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."

pg=$(dirname "$(ls /usr/lib/postgresql/*/bin/postgres | tail -1)")

work=$(mktemp -d)
chmod 755 "$work"
as=
if [ "$(id -u)" = 0 ]; then
    # PostgreSQL refuses to run as root.
    chown postgres "$work"
    as="setpriv --reuid=postgres --regid=postgres --clear-groups"
fi
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
pg_port=$(free_port) redis_port=$(free_port)
finish() {
    $as "$pg/pg_ctl" -D "$work/pg" -m fast stop >/dev/null 2>&1 || true
    redis-cli -p "$redis_port" shutdown nosave >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT

$as "$pg/initdb" -D "$work/pg" -U curtail -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
$as "$pg/pg_ctl" -D "$work/pg" -w -l "$work/pg/log" start >/dev/null \
    -o "-p $pg_port -k $work/pg -c listen_addresses=127.0.0.1 -c shared_buffers=1GB -c max_wal_size=4GB"
mkdir "$work/redis"
redis-server --bind 127.0.0.1 --port "$redis_port" --dir "$work/redis" --save '' --appendonly yes --maxmemory-policy noeviction \
    --daemonize yes --logfile "$work/redis/log" >/dev/null

export DATABASE_URL="postgres://curtail@127.0.0.1:$pg_port/postgres" REDIS_URL="redis://127.0.0.1:$redis_port"
export CURTAIL_RPC__SERVICE_KEY=$(printf '11%.0s' {1..32}) CURTAIL_AUTH__MASTER_KEY=$(printf '22%.0s' {1..32})
export CURTAIL_REDIRECTOR__VISITOR_KEY=$(printf '33%.0s' {1..32}) CURTAIL_NOTIFY__MASTER_KEY=$(printf '44%.0s' {1..32})
"$@"
