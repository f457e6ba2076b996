# Needs only python3 (3.11 or newer) and make, and installs the rest.
#   make demo   the whole pipeline on the bundled recording, without the internet
#   make test   the tests
#   make check  what CI runs: format, lint, strict types, tests with warnings as errors
#   make test-slow  the tests that take long: PostgreSQL, Azure, killed runs, Dask, recorded months
#   make faults  every fault at every command, of which the slow tests have a part (a quarter of an hour)
#   make venv   only .venv, from which `passports` runs
#   make bench  the time of building and verifying a passport, step by step, beside the least possible; start-up; cards;
#     and of publishing, into a directory and into S3, beside a bare loop of writes; of requests to the server; of pages
#   make bench-again  the time of a run on days with nothing, little and all changed; of a crawl beside Scrapy alone
#   make bench-others  the same bodies, files and cards by python-tuf, securesystemslib, model_signing and huggingface_hub
#   make attacks  attack a store, a crawl and a reader from outside; 200,000 mutated passports and 10,000 hostile records
#   make drill   the day on which keys leak: revoked, replaced, everything issued again, and what each reader saw
#   make audit   bandit over the code, hashes of the lock, and advisories about each dependency
#   make fuzz    any bytes to the readers of what others wrote, for FUZZ_SECONDS in all (600)
#   make mutants  small changes of the security-relevant modules that no test notices (a quarter of an hour)
#   make accuracy  capabilities against what others state of the same models, and purposes, on the larger recordings

PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .tools/bin/uv
BIN := .venv/bin
SYNCED := .venv/.synced
AZURITE := .tools/azurite
AXE := .tools/axe
INSTALLED := $(AZURITE)/node_modules/.package-lock.json
# Four processes for two cores, as many tests wait for servers. Each file in one process, as its tests share servers; in the
# given order, which begins with the longest.
SIDE_BY_SIDE := -n 4 --dist loadfile --no-loadscope-reorder

.PHONY: help demo test test-slow faults azurite axe lint check format bench bench-again bench-others attacks drill audit fuzz mutants accuracy clean venv
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#   //p' Makefile

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "passports needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# Compiled once here, as some machines forbid Python to store what it compiles: starting is twice as fast.
$(SYNCED): export UV_COMPILE_BYTECODE = 1
$(SYNCED): pyproject.toml uv.lock | $(UV)
	$(UV) sync --quiet --frozen --all-extras --python $$($(PYTHON) -c 'import sys; print(sys.executable)')
	@touch $@

# Our own packages likewise, as far as they have changed since.
venv: $(SYNCED)
	@$(BIN)/python -m compileall -q schemas spiders pipelines flows

demo: venv
	$(BIN)/passports demo

test: $(SYNCED)
	$(BIN)/pytest $(SIDE_BY_SIDE)

# A Prefect server on PostgreSQL, workers that are killed or on Dask, crawls cut off and resumed, recorded months, Azure.
test-slow: $(SYNCED) azurite axe
	$(BIN)/pytest $(SIDE_BY_SIDE) -m slow

faults: $(SYNCED)
	$(BIN)/pytest -n 3 -m "slow or table" tests/scenarios/test_faults.py

# An Azure Blob Storage server, of the versions and contents that its lock names; its tests are skipped without it.
azurite:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(INSTALLED); \
	  else echo "npm is not installed: the tests on an Azure server are skipped"; fi

$(INSTALLED): tests/support/azurite/package.json tests/support/azurite/package-lock.json
	mkdir -p $(AZURITE)
	cp $^ $(AZURITE)
	npm ci --prefix $(AZURITE) --no-audit --no-fund --no-progress --ignore-scripts --loglevel=error
	@touch $@

# What finds faults of accessibility in pages, of the version that its lock names; that test is skipped without it.
axe:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(AXE)/node_modules/.package-lock.json; \
	  else echo "npm is not installed: pages are not tested for accessibility"; fi

$(AXE)/node_modules/.package-lock.json: tests/support/browser/package.json tests/support/browser/package-lock.json
	mkdir -p $(AXE)
	cp $^ $(AXE)
	npm ci --prefix $(AXE) --no-audit --no-fund --no-progress --ignore-scripts --loglevel=error
	@touch $@

lint: $(SYNCED)
	$(UV) lock --check --quiet
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint test

format: $(SYNCED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench-again: $(SYNCED)
	$(BIN)/python -m benchmarks.again

bench-others: $(SYNCED)
	$(PYTHON) -m venv .tools/peers
	.tools/peers/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/peers/requirements.txt
	$(BIN)/python -m benchmarks.beside_others

bench: $(SYNCED)
	$(BIN)/python -m benchmarks.performance
	$(BIN)/python -m benchmarks.passports
	$(BIN)/python -m benchmarks.registry --kills 0 --races 0
	$(BIN)/python -m benchmarks.serving
	$(BIN)/python -m benchmarks.site 317

attacks: $(SYNCED)
	$(BIN)/python -m benchmarks.attacks
	$(BIN)/python -m benchmarks.mutations --passports 200000 --records 10000 --seed 1

drill: $(SYNCED)
	$(BIN)/python -m benchmarks.drill

# Ends with 3 (make says "Error 3") where code and lock are good but no advisory service can be reached.
audit: $(SYNCED)
	$(BIN)/python -m tests.support.audit

FUZZ_SECONDS ?= 600

# Installs atheris beside the rest. What fails is in .fuzz/; once it is mended, it goes into tests/fuzz/corpus/.
fuzz: $(SYNCED)
	$(UV) sync --quiet --frozen --inexact --group fuzz
	$(BIN)/python -m tests.fuzz.run $(FUZZ_SECONDS)

mutants: $(SYNCED)
	$(BIN)/python -m benchmarks.mutants

accuracy: $(SYNCED)
	$(BIN)/python -m benchmarks.accuracy
	$(BIN)/python -m benchmarks.cards
	$(BIN)/python -m benchmarks.community
	$(BIN)/python -m benchmarks.hearsay
	$(BIN)/python -m benchmarks.instructions
	$(BIN)/python -m benchmarks.purposes
	$(BIN)/python -m benchmarks.statements
	$(BIN)/python -m benchmarks.terms
	$(BIN)/python -m benchmarks.scores

clean:
	rm -rf .venv .tools .mypy_cache .pytest_cache .ruff_cache .hypothesis dist
