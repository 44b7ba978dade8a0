# Works with GNU make 3.81 (macOS) and 4.x, and a POSIX sh.
#
#   make run           the portal on http://localhost:8000 (PORTAL_PORT=8001 make run for another port)
#   make test          linter, types, tests on SQLite, tests on PostgreSQL and Redis, tests in a browser
#   make lint          linter and types alone
#   make bench         every benchmark; make bench-drift and so on for one of them
#   make screenshots   draws the pictures of the documentation again
#   make clean         removes the environment and caches; var/, your data, stays

SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
BENCHES := pages serving drift drift-truth profile automl recovery

.DEFAULT_GOAL := run
.PHONY: run test lint bench screenshots clean environment development-environment $(addprefix bench-,$(BENCHES))

# A first look should find something to look at; DEMO=no starts empty.
run: environment
	@DEMO="$${DEMO:-yes}" exec $(BIN)/python -m mlops_portal.supervision

test: development-environment
	@scripts/test.sh

lint: development-environment
	@scripts/lint.sh

bench: development-environment
	@for bench in $(BENCHES); do $(MAKE) --no-print-directory "bench-$$bench" || exit 1; done

$(addprefix bench-,$(BENCHES)): bench-%: development-environment
	@$(BIN)/python -m tests.benchmarks.$(subst -,_,$*)

screenshots: development-environment
	@$(BIN)/python -m tests.e2e.browser
	@SCREENSHOTS=docs/images $(BIN)/python -m pytest -q tests/e2e/test_screenshots.py

environment:
	@PYTHON="$(PYTHON)" scripts/environment.sh requirements.txt

development-environment:
	@PYTHON="$(PYTHON)" scripts/environment.sh requirements-dev.txt

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +
	@echo "var/ (database, data sets, models, logs) is kept; remove it yourself to start from nothing."
