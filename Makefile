# Every command of the project. `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 --custom-compile-command "make lock"
HOT := $(wildcard src/tocsin/decode/*.py src/tocsin/rules/*.py)
CONSOLE := src/tocsin/console/dist/index.html
T ?= tests

.DEFAULT_GOAL := help
.PHONY: help demo run test native check bench fix docs console lock clean e2e

help: ## list the commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/server: requirements/server.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements/server.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev: requirements/dev.txt $(VENV)/server
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/native: hatch_build.py $(HOT) | $(VENV)/server
	@$(BIN)/python hatch_build.py && touch $@

native: $(VENV)/native ## compile the hot modules, where there is mypyc and a C compiler

$(CONSOLE): $(shell find console -path console/node_modules -prune -o -type f -print 2>/dev/null) | $(VENV)/server
	@PIP="$(PIP)" BIN="$(BIN)" sh console/build.sh

console: $(CONSOLE) ## build the web console into the package

demo: $(VENV)/server $(CONSOLE) ## install, build and run the demo on this machine (EXIT=1 ends after the story)
	$(BIN)/tocsin demo $(if $(EXIT),--exit)

run: $(VENV)/server $(VENV)/native $(CONSOLE) ## run the platform for real on loopback
	$(BIN)/tocsin up

test: $(VENV)/dev $(VENV)/native $(CONSOLE) check-types check-console ## install what is needed and run every check and test
	$(BIN)/python -m pytest -n 2 --dist loadfile $(T)

.PHONY: check-types
check-types: $(VENV)/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

.PHONY: check-console
check-console: $(CONSOLE)
	@BIN="$(BIN)" sh console/check.sh

check: check-types check-console ## lint, format, types, layers, and our own content
	$(BIN)/tocsin rules check content
	$(BIN)/tocsin rules test content

bench: $(VENV)/dev $(VENV)/native ## measure: one line of figures each
	@for b in bench/*.py; do $(BIN)/python $$b || exit 1; done

fix: $(VENV)/dev ## format, and mend what can be mended
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/dev ## write the reference pages from the code
	$(BIN)/python -m tocsin.cli.reference docs/reference

lock: ## pin what pyproject.toml and requirements/*.in ask for
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install uv
	$(LOCK) pyproject.toml requirements/build.in --extra server -o requirements/server.txt
	$(LOCK) pyproject.toml requirements/dev.in --extra server -c requirements/server.txt -o requirements/dev.txt
	$(LOCK) pyproject.toml -c requirements/server.txt -o requirements/agent.txt
	$(LOCK) requirements/node.in -o requirements/node.txt

clean: ## remove what was built and installed here
	rm -rf $(VENV) console/node_modules src/tocsin/_native src/tocsin/console/dist .mypy_cache .ruff_cache .pytest_cache
