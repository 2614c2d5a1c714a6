# Everything a developer and CI do. `make help` lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/setup.stamp
PYTEST_ARGS ?=
BENCH_ARGS ?=
VERIFY_ARGS ?=

.PHONY: help
help: ## List every target
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(STAMP) ## Create .venv with everything pinned by requirements.lock; does nothing if that is up to date

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "make setup: $$($(PYTHON) --version) is too old, 3.11 or newer is needed: make setup PYTHON=python3.11" >&2; exit 1; }
	@# An environment cut off while it was made has no pip.
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@echo "compiling the kernels, once a machine ..."
	$(BIN)/python -m agents.warmup
	@touch $@

.PHONY: demo
demo: setup ## Run the worker over a small bank, on a real Kafka and Valkey, in about two minutes
	$(BIN)/tierline demo

.PHONY: test
test: setup ## Pass all tests, on a real Kafka and Valkey (PYTEST_ARGS="-k name --seed 7" for some of them)
	@# Two processes, each with servers of its own; the next test goes to the one that is free: the long ones stand first.
	$(BIN)/python -m pytest --numprocesses 2 --dist load --maxschedchunk 1 $(PYTEST_ARGS)

.PHONY: verify
verify: setup ## Replay two years in two zones against the oracle, and simulate a thousand seeds of faults
	$(BIN)/python -m tests.verify $(VERIFY_ARGS)

.PHONY: lint
lint: setup ## Check format, style, types and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: bench
bench: setup ## Measure speed (BENCH_ARGS="--help" says what can be asked for)
	$(BIN)/python -m bench $(BENCH_ARGS)

.PHONY: scoreboard
scoreboard: setup ## Judge the score of silence on CDNOW: fails unless it beats plain recency (docs/signals.md)
	$(BIN)/python -m bench.scoreboard

.PHONY: format
format: setup ## Mend format and what style checks can mend by themselves
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: schemas
schemas: setup ## Generate the JSON Schemas in schemas/json, docs/measures.md and the tables of docs/signals.md and docs/schemes.md anew
	$(BIN)/python -m schemas.generate
	$(BIN)/python -m schemas.measures_page
	$(BIN)/python -m agents.signals_page
	$(BIN)/python -m agents.schemes_page

.PHONY: lock
lock: setup ## Pin what pyproject.toml asks for in requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --group dev \
		pyproject.toml --output-file requirements.lock

.PHONY: clean
clean: ## Stop the local stack and delete all that was made here, the environment included
	if [ -x $(BIN)/tierline ]; then $(BIN)/tierline local down; fi
	rm -rf $(VENV) .local .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist ./*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
