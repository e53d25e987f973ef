#!/bin/bash
# How long each kind of question about clicks takes, on stores of its own: bench/analytics_queries.sh [CLICKS [DAYS [ROUNDS]]]
#
# Fills the database with so many clicks (5,000,000 by default) of 10,000 links of 100 workspaces, spread over the days (90), asks every
# kind of question, folds the days that ended and asks again. Prints p50, p95 and maximum of each question before and after and the
# ratio, how fast clicks are folded, and how large the tables are. A hundred million clicks need about 40 GB, where TMPDIR is.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --locked --profile dist -p bench --bin analytics_queries
bench/with-stores.sh "${CARGO_TARGET_DIR:-target}/dist/analytics_queries" "$@"
