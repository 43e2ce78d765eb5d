# Every target does its own set-up in .venv; `make` alone prints this help.

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
TESTS ?=

# The first interpreter that runs and is new enough (a pyenv shim may exist and not run).
MODERN := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	"$$name" -c '$(MODERN)' >/dev/null 2>&1 && { echo "$$name"; break; }; done)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test peers lint types docs format clean

help: ## print this help
	@grep -hE '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

demo: $(VENV)/.demo ## nothing to wss://: CA, certificate, server, client, and a fault explained
	@$(PY) demo/demo.py

test: $(VENV)/.test ## the whole suite; needs no root (TESTS='tests/pki -k name' for a part)
	@$(PY) -m pytest -n $(JOBS) --dist loadgroup $(TESTS)

peers: ## as root on Debian or Ubuntu: the programs that tests run against
	@PYTHON='$(PYTHON)' bash .ci/peers

lint: $(VENV)/.lint ## ruff's rules, its format, and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

types: $(VENV)/.types ## mypy --strict
	@$(BIN)/mypy

docs: $(VENV)/.test ## the documentation's links and examples
	@$(PY) -m pytest -n $(JOBS) --dist loadgroup tests/docs tests/test_explanations.py

format: $(VENV)/.lint ## let ruff format and mend what it safely can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean: ## remove everything that make made
	rm -rf $(VENV) .cache build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- set-up: one stamp for each set of packages -------------------------------------------------

$(VENV)/.demo: EXTRA := -e .[websockets]
$(VENV)/.test: EXTRA := -e . --group test
$(VENV)/.lint: EXTRA := -e . --group lint
$(VENV)/.types: EXTRA := -e .[websockets] --group types

# Where one peer has no wheel for this machine, the others still have.
EACH_PEER = $(PY) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["peers"], sep="\n")' | \
	while read -r peer; do $(PIP) install --only-binary :all: "$$peer" || \
		echo "certkit: no wheel of $$peer here: the tests that need it skip by name"; done

$(VENV)/.demo $(VENV)/.test $(VENV)/.lint $(VENV)/.types: $(VENV)/.venv pyproject.toml
	@echo "certkit: installing into $(VENV) ($(@F:.%=%))"
	@$(PIP) install $(EXTRA)
	@[ $(@F) != .test ] || $(PIP) install --only-binary :all: --group peers || $(EACH_PEER)
	@touch $@

# pip learned --group in 25.1; Debian 12 starts a venv with 23.0.
$(VENV)/.venv:
	@test -n '$(PYTHON)' || { echo "certkit: needs Python 3.11 or newer: try apt install python3 python3-venv, or make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@command -v '$(PYTHON)' >/dev/null || { echo "certkit: $(PYTHON) is not a program" >&2; exit 1; }
	@'$(PYTHON)' -c '$(MODERN)' || { echo "certkit: $(PYTHON) is older than Python 3.11" >&2; exit 1; }
	@command -v git >/dev/null || { echo "certkit: needs git: try apt install git" >&2; exit 1; }
	@rm -rf $(VENV)
	@'$(PYTHON)' -c 'import ensurepip, venv' 2>/dev/null && '$(PYTHON)' -m venv $(VENV) || { rm -rf $(VENV); \
		echo "certkit: $(PYTHON) cannot make a virtual environment: try apt install python3-venv" >&2; exit 1; }
	@$(PIP) install --upgrade 'pip>=25.1'
	@touch $@
