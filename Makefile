# Two commands: `make demo` and `make test`. `make` alone lists all targets.
# Works with the make of Debian, Ubuntu and macOS (3.81) and any POSIX shell.
.NOTPARALLEL:
.DEFAULT_GOAL := help
SHELL := /bin/sh

# The first Python that is new enough; `make PYTHON=/path/to/python3.12 demo` chooses another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	  "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
CORES ?= 2
PYTEST := $(BIN)/python -m pytest -n $(CORES)
COVER := --cov --cov-report=

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -e 's/:.*## /|/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: .venv/.product ## install into .venv, plan the Sakai example into out/sakai, print where the report is
	$(BIN)/wattstack plan examples/sakai/campus.yaml -o out/sakai

day: .venv/.operate ## a day of the Sakai example, live, in ten minutes: a dead battery, an outage, its report
	$(BIN)/wattstack operate examples/sakai --day examples/sakai/day.yaml

test: .venv/.test lint floors tests pure coverage clean-install ## install what tests need and run everything CI runs
	@echo "make test: all passed"

lint: .venv/.test ## ruff: rules and layout
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

floors: .venv/.test ## import-linter: a room uses the rooms below it, none above
	$(BIN)/lint-imports

tests: .venv/.test ## tests and doctests, compiled code compiled
	COVERAGE_FILE=.coverage.compiled $(PYTEST) -m "not clean" $(COVER)

# Uncompiled, numpy warns of infinity - infinity (no cap less an endless line), which compiled code takes in its stride.
pure: .venv/.test ## the tiny tests again with compiled code uncompiled, so that its lines are counted
	NUMBA_DISABLE_JIT=1 COVERAGE_FILE=.coverage.pure $(PYTEST) -m tiny tests -W ignore::RuntimeWarning $(COVER)

coverage: .venv/.test ## branch coverage of `tests` and `pure` together
	$(BIN)/coverage combine --keep -q .coverage.compiled .coverage.pure
	$(BIN)/coverage report --skip-covered --fail-under=95
	$(BIN)/coverage report --skip-covered --fail-under=100 --include='src/wattstack/dispatch/*'

clean-install: .venv/.test ## build the wheel, install it in an empty environment, plan from an empty folder
	$(BIN)/python -m pytest -m clean tests/clean

parity: .venv/.product ## run the peers of the battery, each in an environment of its own, and record what they answer
	$(BIN)/python -m parity

bench-setup: .venv/.bench ## install what benchmarks need, peers too, into .venv and .venv-peers
	$(BIN)/python -m parity --only-environments || echo "benchmarks leave out what is missing and say so"

bench: .venv/.bench ## run all of benchmarks/
	$(BIN)/python -m benchmarks

# Lengths of the long forms; docs/campaign.md says what each takes. Each part leaves its numbers when it ends.
CAMPAIGN ?= control_loop failover face_load replan soak historian reserve
LONG := CONTROL_LOOP_S=600 FAILOVER_KILLS=100 FACE_LOAD_S=60 SOAK_H=24 HISTORIAN_SIGNALS=20000 \
        RESERVE_CAMPAIGNS=10000 RESERVE_SOCKETS=50
campaign: .venv/.bench .venv/.test ## run the long forms of the live system's benchmarks, write docs/campaign.md
	mkdir -p out/campaign
	for part in $(CAMPAIGN); do $(LONG) $(BIN)/python -m benchmarks $$part --json out/campaign/$$part.json || exit 1; done
	$(BIN)/python -m benchmarks campaign out/campaign/*.json

examples: .venv/.product ## write the example files again from their generator
	$(BIN)/wattstack init sakai -o examples/sakai --force
	$(BIN)/wattstack init bosquel -o examples/bosquel --force
	$(BIN)/wattstack init portfolio -o examples/portfolio --force

sbom: .venv/.test ## list what an installation is made of (CycloneDX) in out/wattstack.cdx.json; part of each release
	mkdir -p out
	$(BIN)/python packaging/sbom.py > out/wattstack.cdx.json

format: .venv/.test ## lay the code out
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

clean: ## remove everything that make has written
	rm -rf .venv .venv-peers out build dist .coverage .coverage.* .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# What is installed, as stamps: each is made again when pyproject.toml changes.
.venv/.made:
	@test -n "$(PYTHON)" || { echo "wattstack needs Python 3.11 or newer: install it, or make PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv .venv || { echo "no venv module: on Debian or Ubuntu, apt install python3-venv"; exit 1; }
	$(PIP) install --upgrade "pip>=25.1"
	@touch $@

.venv/.product: .venv/.made pyproject.toml
	$(PIP) install --editable .
	@touch $@

.venv/.operate: .venv/.product
	$(PIP) install --editable ".[operate]"
	@touch $@

.venv/.test: .venv/.product
	$(PIP) install -e ".[operate]" --group test
	@touch $@

.venv/.bench: .venv/.product
	$(PIP) install --group bench
	@touch $@

.PHONY: help demo day test lint floors tests pure coverage clean-install parity bench-setup bench campaign examples sbom format clean
