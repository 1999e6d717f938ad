# Everything a developer or an automatic check needs, as one command each. `make help` lists them.
#
# Nothing is installed outside this folder except Debian packages, and those only by root; for anybody else
# the exact apt line is printed and the command stops. Finished set-up steps leave stamps in .venv/stamps,
# so that a second run does only what has changed.

SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DELETE_ON_ERROR:
# One target after the other, but for those that `test` names to run at the same time.
ifndef SIDE_BY_SIDE
.NOTPARALLEL:
endif
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
UI := packages/shuangyin/src/shuangyin/web/dist/index.html
CHAIN := tests/chain/node_modules/.package-lock.json
UI_SOURCES := $(shell find frontend/src frontend/public frontend/build -type f 2>/dev/null) \
	$(wildcard frontend/*.html frontend/*.json frontend/*.ts frontend/*.js frontend/.npmrc)
PYTHON_PATHS := $(wildcard packages tests benchmarks scripts)

# Worker processes of the pytest runs; 0 runs everything in one process. More than there are processors: tests of pages
# and of processes wait a good part of their time.
WORKERS ?= 4
# On PostgreSQL they wait for nobody, and each more sets up a world of its own; in browsers each brings a platform, a
# broker and a Chromium, which together keep a processor busy.
DATABASE_WORKERS ?= 2
PAGE_WORKERS ?= 2
PYTEST_ARGS ?=
# A file at a time, in the order of tests/support/order_of_files.py. A worker that dies ends the run: one that is
# started in its place is never given the files of the dead one.
SPREAD = -n $(WORKERS) --dist loadfile --no-loadscope-reorder --max-worker-restart 0
# What is run on PostgreSQL: what depends on the database most. test-full runs everything that has one.
DATABASE_TESTS ?= database
# Where tests keep their files: in memory where the machine has room, so that no commit waits for a disk.
ifndef PYTEST_DEBUG_TEMPROOT
export PYTEST_DEBUG_TEMPROOT := $(shell scripts/memory_folder.sh)
endif
LOCK_ARGS ?=

export UV_PYTHON_DOWNLOADS := never
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Tests start many processes of Python; each would compile every module anew where this is set.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---------------------------------------------------------------- set-up

$(STAMPS)/environment: requirements/uv.txt requirements/dev.txt scripts/create_environment.sh
	@scripts/create_environment.sh $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/packages: $(STAMPS)/environment $(wildcard packages/*/pyproject.toml) packages/shuangyin/hatch_build.py
	@echo "==> Installing the project's own packages"
	@uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation \
		$(foreach package,$(wildcard packages/*),--editable $(package))
	@touch $@

frontend/node_modules/.package-lock.json: frontend/package.json frontend/package-lock.json | $(STAMPS)/environment
	@echo "==> Installing the packages of the user interface"
	@cd frontend && npm ci --no-audit --no-fund
	@touch $@

$(CHAIN): tests/chain/package.json tests/chain/package-lock.json | $(STAMPS)/environment
	@echo "==> Installing the development chain and the compiler of its contract"
	@cd tests/chain && npm ci --no-audit --no-fund
	@touch $@

$(UI): frontend/node_modules/.package-lock.json $(UI_SOURCES)
	@echo "==> Building the user interface"
	@cd frontend && npm run build
	@test -f $@ && touch $@

.PHONY: setup
setup: $(STAMPS)/packages ## Set up the Python environment and the project's commands in .venv/bin

.PHONY: ui
ui: $(STAMPS)/packages $(UI) ## Build the user interface when its sources have changed

.PHONY: test-chain
test-chain: $(CHAIN)
	@:

.PHONY: test-machine
test-machine:
	@scripts/install_system_packages.sh chromium-headless-shell fonts-noto-cjk gcc ldap-utils libc6-dev mosquitto openssl \
		poppler-utils postgresql qpdf slapd softhsm2

# ---------------------------------------------------------------- run

.PHONY: demo
demo: setup ui ## Run the main job on the samples, then serve (DEMO_EXIT=1 stops after the run)
	@exec $(BIN)/shuangyin demo $(if $(filter-out 0,$(DEMO_EXIT)),--exit)

# ---------------------------------------------------------------- checks

.PHONY: test
test: setup ## Run every check and every test
	@echo "==> Debian packages, checks, user interface and wheels at the same time; each tells at its end what it did"
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=target SIDE_BY_SIDE=1 \
		test-machine check check-ui wheel test-chain
	@echo "==> Tests of pages beside all others; each tells at its end what it did"
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target SIDE_BY_SIDE=1 test-behind-pages test-pages

# Tests wait for processes, commits and browsers a good part of their time: two runs side by side keep the processors busy.
.PHONY: test-behind-pages
test-behind-pages:
	@$(MAKE) --no-print-directory SIDE_BY_SIDE= test-postgresql test-python

.PHONY: test-full
test-full: export SHUANGYIN_TEST_FULL := 1
test-full: export DATABASE_TESTS := database or database_full
test-full: test ## Run the tests with every screenshot variant and the long repetitions

.PHONY: check
check: setup ## Check format, lint, types, import contracts and the project's own rules
	@echo "==> Format"
	@ruff format --check $(PYTHON_PATHS)
	@echo "==> Lint"
	@ruff check $(PYTHON_PATHS)
	@echo "==> Types"
	@mypy $(PYTHON_PATHS)
	@echo "==> Import contracts"
	@lint-imports --no-logo --no-cache
	@echo "==> Project rules"
	@$(BIN)/python scripts/check_project.py
	@echo "==> Licences"
	@$(BIN)/python scripts/check_licences.py
	@echo "==> Description of the API"
	@$(BIN)/shuangyin openapi --output $(STAMPS)/openapi.json
	@cmp openapi.json $(STAMPS)/openapi.json || { echo "The API has changed: run make openapi."; exit 1; }

.PHONY: check-ui
check-ui: ui ## Check lint, types and unit tests of the user interface
	@echo "==> User interface: lint, types, unit tests"
	@cd frontend && npx --no-install openapi-typescript ../openapi.json --output src/api/schema.ts --check
	@cd frontend && npm run --if-present lint && npm run --if-present typecheck && npm run --if-present test

.PHONY: test-python
test-python: setup ui $(CHAIN) ## Run unit and integration tests on SQLite
	@echo "==> Unit and integration tests"
	@pytest $(SPREAD) $(PYTEST_ARGS) --ignore=tests/functional

.PHONY: test-pages
test-pages: WORKERS := $(PAGE_WORKERS)
test-pages: setup ui ## Run the tests of pages and of the command line against a running platform
	@echo "==> Tests of pages, in browsers"
	@pytest $(SPREAD) $(PYTEST_ARGS) tests/functional

.PHONY: test-postgresql
test-postgresql: WORKERS := $(DATABASE_WORKERS)
test-postgresql: setup ## Run the database part of the tests on a PostgreSQL started for it
	@echo "==> Database tests on PostgreSQL"
	@$(BIN)/python scripts/with_postgresql.py pytest -m "$(DATABASE_TESTS)" $(SPREAD) $(PYTEST_ARGS) \
		packages/shuangyin

.PHONY: format
format: setup ## Format the Python sources and apply the safe fixes of the linter
	@ruff check --fix --quiet $(PYTHON_PATHS) || true
	@ruff format $(PYTHON_PATHS)

.PHONY: bench
bench: setup ## Measure every speed the documents state (results in var/benchmarks)
	@$(BIN)/python -m benchmarks --output var/benchmarks

# ---------------------------------------------------------------- files that are generated and committed, releases

.PHONY: lock
lock: setup ## Lock the dependencies anew with hashes (LOCK_ARGS=--upgrade takes newer versions)
	@scripts/lock_dependencies.sh $(LOCK_ARGS)

.PHONY: openapi
openapi: setup frontend/node_modules/.package-lock.json ## Write the API description and the types made from it
	@$(BIN)/shuangyin openapi --output openapi.json
	@cd frontend && npm run api-types

.PHONY: wheel
wheel: setup ui ## Build the wheels into dist/ and try them in an empty environment without Node
	@echo "==> Wheels"
	@$(BIN)/python scripts/check_wheel.py --output dist

.PHONY: clean
clean: ## Remove what was built or cached; keep the environment and the data under var/
	@rm -rf dist packages/shuangyin/src/shuangyin/web/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache
	@find packages tests benchmarks scripts -type d -name __pycache__ -prune -exec rm -rf {} +
