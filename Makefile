# The only door: every step that a person or CI takes is a target here, and `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip --disable-pip-version-check --quiet

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "Guankou needs Python 3.11 or newer; name one: make run PYTHON=/path/to/python3.11" >&2; exit 2; }
	@echo "making the environment in $(VENV) (once, about a minute)"
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "no venv module; on Debian: apt-get install python3-venv" >&2; exit 2; }

# An editable install, so that the tree is what runs; done again when pyproject.toml changes.
$(VENV)/.run: pyproject.toml $(VENV)/bin/pip
	@$(PIP) install -e . && touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/bin/pip
	@$(PIP) install -e '.[dev]' && touch $@ $(VENV)/.run

.PHONY: help vision browser run test properties check format eval fit bench chaos fuzz clean

# opencv-python links libGL and glib, which slim systems lack.
vision: $(VENV)/.run
	@$(BIN)/python -c 'import cv2' 2>/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	       && { echo "installing the libraries that opencv-python needs: libgl1 libglib2.0-0"; \
	            apt-get update -qq && apt-get install -y -qq libgl1 libglib2.0-0 >/dev/null; } \
	       && $(BIN)/python -c 'import cv2' 2>/dev/null; } \
	  || { echo "opencv-python cannot be loaded; on Debian: sudo apt-get install libgl1 libglib2.0-0" >&2; exit 2; }

browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	       && { echo "installing Chromium for the browser tests"; \
	            apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	            apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; }; } \
	  || echo "browser tests will be skipped: install Chromium, on Debian: sudo apt-get install chromium fonts-noto-cjk"

run: vision ## start the demo: broker, central and three simulated gates; Ctrl-C stops it all
	@$(BIN)/guankou-sim district $(ARGS)

test: $(VENV)/.dev vision browser ## run the whole test suite, browser tests included
	@$(BIN)/python -m pytest --numprocesses=3 --dist=loadfile --no-loadscope-reorder $(ARGS)

properties: $(VENV)/.dev vision ## the property tests with a thousand new examples each
	@$(BIN)/python -m pytest --numprocesses=3 -m hypothesis --hypothesis-profile=search $(ARGS)

check: $(VENV)/.dev ## lint, format, types and import floors
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: $(VENV)/.dev ## format the tree
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

eval: $(VENV)/.dev vision ## measure on real data and simulated crowds; tables here, JSON, plots and a report in build/eval/
	@$(BIN)/python -m tests.evaluation $(ARGS)

fit: $(VENV)/.dev ## fit the site coefficients k and s; writes a rules file for a person to sign
	@$(BIN)/python -m tests.evaluation.fit $(ARGS)

bench: $(VENV)/.dev vision ## time the way from a byte to the board, and the codecs
	@$(BIN)/python -m tests.benchmarks $(ARGS)

chaos: $(VENV)/.dev vision ## kill and cut everything at random and count what is lost
	@$(BIN)/python -m tests.delivery.chaos $(ARGS)

fuzz: $(VENV)/.dev ## ten minutes of hostile bytes for each codec
	@$(BIN)/python -m tests.drivers.fuzz $(ARGS)

clean: ## remove what the targets made; var/ (alerts, certificates) stays
	@rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
