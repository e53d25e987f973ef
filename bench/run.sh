#!/bin/bash
# All measurements of docs/understand/performance.md, one after the other. Takes about half an hour on a machine that does nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
for tool in nginx wrk; do
    command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install nginx-light wrk" >&2; exit 1; }
done
target=${CARGO_TARGET_DIR:-target}/dist

echo "== redirects against nginx"
bench/redirects/run.sh
echo "== createLink against pgbench"
bench/with-platform.sh bench/create_link.sh
echo "== what the gateway adds"
bench/with-platform.sh "$target/gateway_overhead"
echo "== a page of 50 links"
bench/with-platform.sh "$target/page_of_links"
echo "== hostile documents beside honest ones"
bench/with-platform.sh "$target/hostile"
echo "== QR codes beside redirects"
bench/with-platform.sh "$target/qr_codes"
echo "== more load than there are places for"
bench/with-platform.sh "$target/overload"
echo "== memory of the gateway"
bench/with-platform.sh "$target/gateway_memory"
echo "== live: click to subscription, change to every redirector"
bench/with-platform.sh bench/live.sh
echo "== ten thousand subscribers who wait"
bench/idle_subscribers.sh
echo "== clicks drained"
bench/analytics_drain.sh
echo "== webhooks delivered"
bench/webhook_delivery.sh
echo "== mails sent"
bench/mail_throughput.sh
echo "== search: create to searchable, and a million links"
bench/with-platform.sh "$target/search_lag"
"$target/search_index"
