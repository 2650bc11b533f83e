# Loa Xã. All that is installed lies in .venv; all that is written by the programs lies in var/ (or LOA_DATA_DIR).

PYTHON ?= python3
# Much of a test is waiting for the clock, so two processors have time for three.
TEST_PROCESSES ?= 3
BIN := .venv/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check install -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench soak test-machines pictures catalogue clean packages

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 18

demo: .venv/for-demo ## the office with three loudspeakers on this machine (LOA_PORT, LOA_DATA_DIR)
	@exec $(BIN)/python -m controller.demo

test: .venv/for-development packages ## all tests, with the real servers that they need
	@exec $(BIN)/python -m pytest -m "not (soak or machines)" -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

check: .venv/for-development ## the quick half: format, lint, types, tests without servers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/python -m tools.template_lines --check
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q -m "not (soak or machines or servers)" -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

format: .venv/for-development ## lay out Python and the pages' templates as make check wants them
	@$(BIN)/ruff format .
	@$(BIN)/python -m tools.template_lines

bench: .venv/for-development ## measure beside a yardstick, and print ratios
	@.ci/packages snapserver snapclient
	@exec $(BIN)/python -m bench

soak: .venv/for-development packages ## the tests that take longer than make test allows, and laws with many more examples
	@$(BIN)/python -m pytest -m "soak and not machines" -rP
	@LOA_EXAMPLES=1000 exec $(BIN)/python -m pytest -m "hypothesis and not soak" -n $(TEST_PROCESSES)

test-machines: .venv/for-development packages ## docs/install.md and docs/raspberry-pi.md, followed on empty machines
	@exec $(BIN)/python -m pytest -m machines

pictures: .venv/for-development packages ## each page at 1366 × 768 and at 390 × 844
	@exec $(BIN)/python -m tests.web.pictures

catalogue: .venv/for-development ## gather the texts to translate, and compile the translations
	@$(BIN)/python -m tools.catalogue

clean: ## remove what can be made again (.venv and caches); data stays
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './var/*' -exec rm -rf {} +

packages:
	@.ci/packages

.venv/for-demo: pyproject.toml constraints.txt
	@echo "Filling .venv with what the programs need: once, a minute or two …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make demo PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "No .venv could be made. On Debian: apt-get install python3-venv"; exit 1; }
	@$(PIP) -e '.[controller,speaker,demo]'
	@touch $@

.venv/for-development: .venv/for-demo
	@echo "Filling .venv with what the tests need: once, a minute …"
	@$(PIP) -e '.[controller,speaker,demo,dev]'
	@touch $@
