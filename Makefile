# Needs Python 3.11 or newer and make; everything else is installed into .venv from the lock.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
WORKFLOWS := $(wildcard .github/workflows/*.yml docs/examples/workflows/*.yml)
# Much of the suite waits, so one process more than the two cores that it is made for.
WORKERS ?= 3
UV_VERSION := 0.13.9
TOXIPROXY_VERSION := 2.12.0
TOXIPROXY := github.com/Shopify/toxiproxy/v2/cmd/server@v$(TOXIPROXY_VERSION)
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv

.PHONY: spec help run test lint docs format bench contracts chaos mutants agreement load toxiproxy clean

help:  ## This list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null || grep '##' $(MAKEFILE_LIST)

# Made again when the lock changes. A half-made environment has no such file.
.venv/.ready: uv.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then echo "Seatrial needs Python 3.11 or newer; install it, or name it: make PYTHON=/path/to/python3" >&2; exit 2; fi
	@echo "setting up .venv from the lock ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@# Compiled now, once: many processes will start, and where nothing may be written each would compile all again.
	@$(BIN)/uv sync --quiet --frozen --all-extras --compile-bytecode
	@$(BIN)/python -m compileall -q src stubs contracts chaos load
	@touch $@

run: .venv/.ready  ## Contracts, chaos and load on the reference system; report/index.html
	@$(BIN)/seatrial run

spec: .venv/.ready  ## Pact's own cases, and pact files, next to its core: make spec FOLDER=… (obtained by you)
	@$(BIN)/python -m tests.spec $(FOLDER)

test: .venv/.ready  ## The whole test suite
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile

lint: .venv/.ready  ## Formatter, linter, type checker, import rules, workflows, containers
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows $(WORKFLOWS)
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.test.yml
	@$(BIN)/zizmor --offline --quiet --no-progress $(WORKFLOWS)

docs: .venv/.ready  ## The pages of docs/ as a site, in .cache/site
	@$(BIN)/uv sync --quiet --frozen --all-extras --inexact --group docs
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

format: .venv/.ready  ## Format the code and fix what the linter can
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

bench: .venv/.ready  ## Ours next to the peers, in one run; benchmarks/latest.json
	@$(BIN)/uv sync --quiet --frozen --all-extras --group bench
	@$(BIN)/python -m benchmarks

contracts: .venv/.ready  ## Consumer tests and provider verification
	@$(BIN)/seatrial contracts

chaos: .venv/.ready  ## All chaos scenarios
	@$(BIN)/seatrial chaos run

mutants: .venv/.ready  ## Whether scenarios in virtual time notice wrong policies: make mutants SAMPLE="--sample 100"
	@$(BIN)/python -m tests.mutation $(SAMPLE)

agreement: .venv/.ready  ## The wire and virtual time, check by check
	@$(BIN)/python -m tests.agreement

load: .venv/.ready  ## The cached lookups under load
	@$(BIN)/seatrial load run cached-lookups

toxiproxy: .cache/toxiproxy/server  ## The real Toxiproxy, built with Go into .cache

.cache/toxiproxy/server:
	@command -v go >/dev/null || { echo "make toxiproxy needs Go; without it the embedded engine serves" >&2; exit 2; }
	@mkdir -p $(@D)
	CGO_ENABLED=0 GOBIN=$(CURDIR)/$(@D) go install -ldflags "-X github.com/Shopify/toxiproxy/v2.Version=$(TOXIPROXY_VERSION)" $(TOXIPROXY)

clean:  ## Remove the environment and everything that was made
	rm -rf .venv .cache report dist .coverage .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache benchmarks/latest.json
