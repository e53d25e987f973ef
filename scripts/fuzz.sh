#!/bin/sh
# Searches for inputs that break what reads strangers' bytes: scripts/fuzz.sh [SECONDS [TARGET…]]
#
# 60 s for each target by default. Not part of `make test`: it needs a nightly toolchain, and a search has no end.
set -eu
cd "$(dirname "$0")/../fuzz"

seconds=${1:-60}
if [ $# -gt 0 ]; then shift; fi
cargo +nightly --version >/dev/null 2>&1 || { echo "nightly Rust is missing: rustup toolchain install nightly" >&2; exit 1; }
cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz
for target in ${*:-documents destinations credentials events visitors}; do
    mkdir -p "corpus/$target"
    # No sanitizer: the code has no unsafe parts, and all of it would have to be built again for one.
    cargo +nightly fuzz run --sanitizer none "$target" "corpus/$target" "seeds/$target" -- \
        -max_total_time="$seconds" -timeout=5 -max_len=40000 -print_final_stats=1
done
