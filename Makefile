# Each target is one script; `scripts/` says what it does.
.DEFAULT_GOAL := up
.PHONY: up test lint bench fuzz demo

up:     ; @scripts/up.sh
test:   ; @scripts/test.sh
lint:   ; @scripts/lint.sh
bench:  ; @scripts/bench.sh
fuzz:   ; @scripts/fuzz.sh
demo:   ; @scripts/curtail.sh demo
