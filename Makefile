# The front door: `make run` sets everything up and serves the chat; `make test` proves it.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# llama.cpp's AMX code ends the process by a protection fault where a virtual machine shows the
# processor's AMX without giving it. Where it works, it is worth having: make run CMAKE_ARGS=
export CMAKE_ARGS ?= -DCMAKE_C_FLAGS=-U__AMX_INT8__ -DCMAKE_CXX_FLAGS=-U__AMX_INT8__
export SOBRIA_TEST_MODELS ?= $(CURDIR)/var/test/data/models
export SOBRIA_TEST_DOWNLOADS ?= $(CURDIR)/var/test/data/downloads

.DEFAULT_GOAL := help
.PHONY: help run test check bench clean setup-test lock migration format screenshots

help:  ## Show the targets.
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

run: $(VENV)/.base  ## Set up what is missing, then serve the chat on http://127.0.0.1:8080.
	@SOBRIA_PORT=$(PORT) exec $(BIN)/sobria serve --setup

test: setup-test check  ## Check the code, then run every test (real model, real index, real browser).
	@$(BIN)/python -m pytest

check: $(VENV)/.dev  ## Format, lint, types, and the borders between the rooms.
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

# What `make run` has set up is measured. Not those that take an argument of their own, nor
# bench/million.py, which fills an index with a million passages first (docs/benchmarks.md).
BENCHES := citations embedder first_answer output_uses pii placeholders rag uses
bench: $(VENV)/.dev  ## Run the benchmarks; each prints a table and the targets that it meets.
	@for b in $(BENCHES); do echo "== $$b"; $(BIN)/python -m bench.$$b || exit 1; done
	@echo "== engine"; $(BIN)/python -m bench.engine $(firstword $(wildcard var/models/*.gguf))

format: $(VENV)/.dev  ## Format the code.
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

# Weights, sources and browser for the tests, under var/test: nothing of a real installation.
setup-test: $(VENV)/.dev $(VENV)/.torch
	@bash tests/setup.sh $(BIN)

lock: $(VENV)/.dev  ## Resolve the requirements again, with hashes.
	$(BIN)/uv pip compile -q --upgrade --generate-hashes pyproject.toml --extra postgres -o requirements/base.lock
	$(BIN)/uv pip compile -q --upgrade --generate-hashes pyproject.toml --extra postgres --extra dev -o requirements/dev.lock

migration: $(VENV)/.dev  ## Write the migration that the tables now need: make migration NAME=add_x
	@$(BIN)/python -m server.migrations.write "$(NAME)"

screenshots: $(VENV)/.dev  ## Take the documentation's screenshots from a running test server.
	@$(BIN)/python docs/screenshots.py

clean:  ## Remove the virtual environment and caches; the data in var/ stays.
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/pip:
	@command -v $(PYTHON) >/dev/null || { echo "Sobria needs $(PYTHON): install Python 3.11, or give PYTHON=…" >&2; exit 1; }
	@for tool in gcc cmake make npm; do command -v $$tool >/dev/null || { echo "Sobria needs $$tool: on Debian, apt install gcc g++ cmake make npm" >&2; exit 1; }; done
	$(PYTHON) -m venv $(VENV)

# llama-cpp-python is compiled here on a first run: about six minutes on two cores.
$(VENV)/.base: requirements/base.lock pyproject.toml | $(VENV)/bin/pip
	@echo "Installing the packages; llama-cpp-python compiles for about 6 minutes the first time."
	@$(BIN)/pip install --progress-bar on --require-hashes -r requirements/base.lock
	@$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.lock pyproject.toml | $(VENV)/bin/pip
	@echo "Installing the packages; llama-cpp-python compiles for about 6 minutes the first time."
	@$(BIN)/pip install -q --require-hashes -r requirements/dev.lock
	@$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@touch $@

# torch and sentence-transformers are not on the default path: only the tests of that embedder need
# them. The pinned version takes a CPU build where pip is configured with one.
$(VENV)/.torch: $(VENV)/.dev requirements/transformers.txt
	@$(BIN)/pip install -q -r requirements/transformers.txt
	@touch $@
