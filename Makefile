# Everything runs in .venv, which each target makes as far as it needs it.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
ROUNDS ?= 200

.DEFAULT_GOAL := help
.PHONY: help demo web test chaos crash concurrency mutants mutation messages lint format bench clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 16

demo: $(VENV)/installed ## Send the sample campaign to the built-in sandbox and say where its workbook is
	@$(BIN)/campaign send sample_data/spring_sale/campaign.toml --sandbox --again --yes --report reports/demo.xlsx; \
	status=$$?; [ $$status -eq 1 ] || exit $$status; \
	echo "Some rows of the sample have to be fixed, as in real life (exit status 1). 고칠 행이 있는 것은 정상입니다."; \
	echo "Open it, 열어 보세요: $(CURDIR)/reports/demo.xlsx"

web: $(VENV)/installed ## Open the page in the browser with the sample campaign in it, to practise: nothing is really sent
	@$(BIN)/python sample_data/into_page.py campaigns
	@$(BIN)/campaign web --practice-only

# One process more than processors, because many tests wait for other processes; a process that is done takes tests from
# the others, because the slow ones stand together. The tests start the program hundreds of
# times; each start would compile our modules again where Python may not keep them (PYTHONDONTWRITEBYTECODE).
test: $(VENV)/installed-dev ## Run all tests
	@$(BIN)/python -m compileall -q campaign
	@sh tests/browser.sh
	@sh tests/readers.sh
	@$(BIN)/python -m pytest --dist worksteal -n $$($(BIN)/python -c 'import os; print((os.cpu_count() or 1) + 1)') $(TESTS)

crash: $(VENV)/installed-dev ## Kill it at ROUNDS random instants, and at every named point
	@CRASH_ROUNDS=$(ROUNDS) $(BIN)/python -m pytest -n auto -q tests/acceptance/crash tests/acceptance/web/test_orders_survive.py tests/acceptance/web/test_page_survives.py

concurrency: ROUNDS = 20
concurrency: $(VENV)/installed-dev ## Do everything at once on one journal under many names, ROUNDS times
	@CONCURRENCY_ROUNDS=$(ROUNDS) $(BIN)/python -m pytest -n auto -q tests/acceptance/crash/test_concurrency.py

chaos: ROUNDS = 10
chaos: $(VENV)/installed-dev ## Kill, freeze and cut off the workers of a cluster, and crash its database, ROUNDS times
	@CHAOS_ROUNDS=$(ROUNDS) CHAOS_SEED=$${CHAOS_SEED:-$$(date +%s)} $(BIN)/python -m pytest -n 4 -q \
	  tests/acceptance/cluster/test_chaos.py tests/acceptance/cluster/test_chaos_more.py

mutants: $(VENV)/installed-dev ## Break one line at a time, and see the crash tests and the model go red
	@$(BIN)/python -m tests.mutants

mutation: $(VENV)/installed-dev ## Change one place of a rule at a time, and see the rule's own tests go red; RULES=timing for some
	@$(BIN)/python -m tests.mutation $(RULES)

messages: $(VENV)/installed-dev ## Bring the catalogs of translated messages up to date with the code
	@$(BIN)/python -m tests.catalogs

lint: $(VENV)/installed-dev ## Check style, types and the layers of the packages
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: $(VENV)/installed-dev ## Put the code into its one form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/installed-dev ## Measure, about twenty minutes; BENCH=--quick for four
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r benchmarks/requirements.txt
	@$(BIN)/python benchmarks/run.py $(BENCH)

clean: ## Remove what make made
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache

$(VENV)/created: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "campaign needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade -c constraints.txt setuptools
	@touch $@

$(VENV)/installed: $(VENV)/created pyproject.toml
	@echo "Installing into $(VENV), about 35 seconds with a fast network. 설치 중입니다(약 35초) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -c constraints.txt -e .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -c constraints.txt -e '.[dev]'
	@touch $@
