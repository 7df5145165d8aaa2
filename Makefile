# CS Platform. Needs Python >= 3.11 and make; everything else comes from the locks.

PYTHON ?= python3
SCALE ?= small
PORT ?= 8000
VAR_DIR ?= $(CURDIR)/var
TESTS ?= tests

VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PORT VAR_DIR SCALE

LOCKED := python -m pip install --quiet --require-hashes
COMPILE := uv pip compile --quiet --python-version 3.11 --universal --generate-hashes \
	--no-emit-index-url --no-header --no-annotate $(if $(UPGRADE),--upgrade)
CATALOGUES := $(wildcard locale/*/*/LC_MESSAGES/*.po)
NPM_FROM_PYPI := $(if $(shell command -v npm),,$(VENV)/.node)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test test-real check bench audit lock setup messages system screenshots clean

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.local node_modules/.installed $(VENV)/.messages ## Start everything with sample data (PORT=8000, VAR_DIR=var)
	@python tools/system.py pdf
	@exec python -m cs_platform.local demo

# In the order of folders: files that share what their package sets up run one after the other.
test: setup system ## Run all tests (TESTS=tests/accounts for some)
	@python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not realdata" $(TESTS)

test-real: setup system ## Load the real data sets and check their figures
	@python -m pytest -m realdata tests/realdata

check: setup ## Format, lint, types, imports, templates, migrations, strings, locks, licences
	@python tools/check.py

bench: setup ## Run the benchmarks (SCALE=small|full)
	@python -m bench

audit: $(VENV)/audit/.installed $(NPM_FROM_PYPI) ## Known vulnerabilities (needs an advisory source)
	@set -e; for lock in requirements*.lock; do echo "$$lock"; \
		$(VENV)/audit/bin/python -m pip_audit --strict --require-hashes --disable-pip -r $$lock; done
	@npm audit

lock: $(VENV)/.dev $(NPM_FROM_PYPI) ## Write all locks anew (UPGRADE=1: newest versions)
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --extra local -o requirements-local.lock
	$(COMPILE) pyproject.toml --extra local --extra dev -o requirements-dev.lock
	$(COMPILE) --group node -o requirements-node.lock
	$(COMPILE) --group audit -o requirements-audit.lock
	npm install --package-lock-only $(if $(UPGRADE),&& npm update --package-lock-only)
	python tools/locks.py --tidy
	python tools/locks.py

setup: $(VENV)/.dev node_modules/.installed $(VENV)/.messages ## Install what development and tests need

messages: setup ## Extract the strings of every app into its catalogue
	@python manage.py messages
	@python manage.py messages --compile

screenshots: setup system ## Take the README's pictures from a running demo (PORT, VAR_DIR)
	@python tools/screenshots.py http://127.0.0.1:$(PORT)

clean: ## Remove what was installed or compiled (keeps var/, where the demo's data is)
	rm -rf $(VENV) node_modules .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find locale -name '*.mo' -delete

# --- how it comes about ----------------------------------------------------------------------
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than 3.11: make PYTHON=python3.12 …" >&2; exit 1; }
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python's venv module is missing (Debian: apt-get install python3-venv)" >&2; exit 1; }

$(VENV)/.local: requirements-local.lock | $(VENV)/bin/python
	@echo "Installing $<"
	@$(LOCKED) -r $< && touch $@

$(VENV)/.dev: requirements-dev.lock | $(VENV)/bin/python
	@echo "Installing $<"
	@$(LOCKED) -r $< && touch $@ $(VENV)/.local

$(VENV)/.node: requirements-node.lock | $(VENV)/bin/python
	@echo "Installing $<"
	@$(LOCKED) -r $< && touch $@

$(VENV)/audit/.installed: requirements-audit.lock | $(VENV)/bin/python
	@echo "Installing $<"
	@python -m venv $(VENV)/audit && $(VENV)/audit/bin/$(LOCKED) -r $< && touch $@

node_modules/.installed: package-lock.json .npmrc $(NPM_FROM_PYPI) | $(VENV)/bin/python
	@echo "Installing package-lock.json"
	@npm ci --silent && touch $@

$(VENV)/.messages: $(CATALOGUES) | $(VENV)/bin/python
	@test -e $(VENV)/.local || $(MAKE) --no-print-directory $(VENV)/.local
	@SECRET_KEY=messages python manage.py messages --compile && touch $@

system:
	@python tools/system.py pdf browser
