# Each target is one script; `scripts/` says what it does.
.DEFAULT_GOAL := up
.PHONY: up test lint bench fuzz demo dist

up:     ; @scripts/up.sh
test:   ; @scripts/test.sh
lint:   ; @scripts/lint.sh
bench:  ; @scripts/bench.sh
fuzz:   ; @scripts/fuzz.sh
demo:   ; @scripts/curtail.sh demo
dist:   ; @cargo build --locked --profile dist -p curtail
