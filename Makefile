# Each target is the very command that CI runs.
SHELL := /bin/bash
CARGO ?= cargo
export DATA TARGET POSITIVE EXCLUDE KEEP OUT PORT NAME VERSION

.PHONY: help demo test soak bench build lint fmt bless clean

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build all binaries
	$(CARGO) build --release --locked --bins

demo: build ## Run the whole line, from a table to a smoke-tested, published model (DATA=, TARGET=, POSITIVE=)
	@tests/demo.sh

test: build ## Run all tests, those against real peers too
	tests/peers.sh
	$(CARGO) test --release --locked --workspace

soak: build ## Run all tests with their full counts of repetitions
	tests/peers.sh
	TRAINYARD_SOAK=1 $(CARGO) test --release --locked --workspace

bench: build ## Measure the line, and the statistics, against the same steps in Python
	tests/peers.sh bench
	tests/bench/line.sh
	tests/bench/stats.sh

lint: ## Check format and lints, warnings being errors
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings

fmt: ## Format the code
	$(CARGO) fmt --all

bless: ## Accept what changed on purpose: schemas and snapshots
	$(CARGO) run --release --quiet -p yard-contract --example schemas
	for tool in data-check:data train:train eval-gate:gate model-card:card smoke-test:smoke drift-check:drift; do \
	  $(CARGO) run --release --quiet -p "$${tool%:*}" -- schema >"tools/$${tool%:*}/$${tool#*:}.schema.json"; done
	$(CARGO) run --release --quiet -p train -- search schema >tools/train/search.schema.json
	$(CARGO) run --release --quiet -p e2e --example templates
	INSTA_UPDATE=always TRYCMD=overwrite $(CARGO) test --release --workspace

clean: ## Remove everything that was made
	rm -rf out data/world
	$(CARGO) clean
