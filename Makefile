# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Needs git, make and Python 3.11 or newer. Everything is installed into .venv and .cache, nowhere else.

VENV := .venv
PY := $(VENV)/bin/python
CONSTRAINTS := --constraints tools/requirements/constraints.txt
RUN_PINS := tools/requirements/runtime.txt tools/emulator/requirements.txt
EE_PINS := $(RUN_PINS) tools/requirements/ee.txt
PICTURE_PINS := $(RUN_PINS) tools/requirements/pictures.txt
TEST_PINS := $(EE_PINS) $(addprefix tools/requirements/,collection-tests.txt emulator-tests.txt pictures.txt tools-tests.txt)
PYTEST := $(PY) -m pytest -n 3 --dist loadfile
# What `make coverage` measures: all that reaches the plugins' lines without doing it many times over. Measuring doubles the time that a test takes.
COVERED := tests/unit tests/client $(patsubst %,tests/integration/test_%.py,bad_answers examples fleet fleet_failures fleet_progress in_process_choice \
	in_process_module inventory_cache inventory_hosts server_create server_power)

# A foreign PYTHONPATH would let packages leak into the environment.
unexport PYTHONPATH PYTHONHOME
export PYTHON
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: help venv run-venv demo emulator benchmark benchmark-peers test test-unit test-faults coverage lint format sanity integration matrix matrix-all ee docs pictures build release clean

help: ## show this list
	@echo "make <target>, one of:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

venv: ## install everything that the tests need into .venv
	@python=$$(tools/scripts/find_python.sh) && "$$python" tools/scripts/environment.py $(VENV) $(CONSTRAINTS) $(TEST_PINS)

# The part of it that the demonstration needs: Ansible and the emulator.
run-venv:
	@python=$$(tools/scripts/find_python.sh) && "$$python" tools/scripts/environment.py $(VENV) $(CONSTRAINTS) $(RUN_PINS)

demo: run-venv ## watch the collection at work against a local emulator of the API
	@$(PY) tools/demo/run.py

emulator: run-venv ## run the emulator of the API until Ctrl-C
	@$(PY) tools/emulator

# Of what the tests need, it needs the certificate authority, for https.
benchmark: venv ## measure speed and requests against a local emulator (FULL=yes: ten times the size as well; ONLY=pattern: some rows)
	@$(PY) tools/benchmark $(if $(FULL),--full) $(if $(ONLY),--only '$(ONLY)')

# ansible-core of this version of the community package needs Python 3.12 or newer.
benchmark-peers: run-venv ## measure the collection beside two others (ARGS=--quick; ARGS=--record: keep the result)
	@python=$$(tools/scripts/find_python.sh 3.12 3.13 3.14) && "$$python" tools/scripts/environment.py .cache/venv-peers $(CONSTRAINTS) tools/requirements/peers.txt
	@$(PY) tools/benchmark_peers $(ARGS)

test: venv ## run all tests but the longest (COVERAGE=yes: report what those of `make coverage` reach)
ifdef COVERAGE
	@failed=0; tools/scripts/coverage.sh $(COVERED) || failed=1; $(PYTEST) tests $(addprefix --ignore=,$(COVERED)) || failed=1; exit $$failed
else
	@$(PYTEST) tests
endif

test-unit: venv ## run the unit tests
	@$(PYTEST) tests/unit

test-faults: venv ## run all faults, races and kills that are only sampled otherwise
	@$(PY) -m pytest -n 2 --dist load tests/integration -m faults_full

coverage: venv ## report which lines and branches of the plugins the tests reach
	@tools/scripts/coverage.sh $(COVERED)

lint: ## check style, types, spelling, documentation, changelog, licenses and archive (ONLY="names": some of the checks)
	@tools/scripts/lint.sh $(if $(ONLY),--only $(ONLY))

format: ## format the Python code
	@tools/scripts/lint.sh --fix

sanity: ## run ansible-test sanity on the newest ansible-core (CORES="2.16 2.18": on these; CORES=all)
	@tools/scripts/sanity.sh $(CORES)

integration: venv ## run the integration targets on the newest ansible-core (CORES, as above)
	@tools/scripts/integration.sh $(CORES)

matrix: venv ## run the tests on the oldest and the newest ansible-core (CORES, as above)
	@tools/scripts/matrix.sh $(CORES)

matrix-all: venv ## run sanity, the integration targets, and the tests on every supported ansible-core
	@failed=; for gate in sanity integration matrix; do tools/scripts/$$gate.sh all || failed="$$failed $$gate"; done; \
		[ -z "$$failed" ] || { echo "matrix-all failed:$$failed"; exit 1; }

ee: ## check the execution environment for AWX (CONTAINER_ENGINE=podman, docker or none; EE_BASE_IMAGE)
	@python=$$(tools/scripts/find_python.sh) && "$$python" tools/scripts/environment.py $(VENV) $(CONSTRAINTS) $(EE_PINS)
	@$(PY) tools/ee

docs: ## build the HTML documentation into .cache/docs/build/html
	@tools/scripts/docs.sh

pictures: ## record the demonstration and make the badges, for the documentation
	@python=$$(tools/scripts/find_python.sh) && "$$python" tools/scripts/environment.py $(VENV) $(CONSTRAINTS) $(PICTURE_PINS)
	@$(PY) tools/pictures

build: run-venv ## build the collection's archive into dist
	@$(VENV)/bin/ansible-galaxy collection build --force --output-path dist

release: ## make a release: changelog, version, commit, tag, archive (VERSION=1.2.3); sends nothing anywhere
	@python=$$(tools/scripts/find_python.sh 3.12 3.13 3.14) && "$$python" tools/scripts/environment.py .cache/venv-lint \
		--constraints tools/requirements/constraints-lint.txt tools/requirements/lint.txt
	@.cache/venv-lint/bin/python tools/scripts/release.py "$(VERSION)"

clean: ## remove environments, caches and results
	rm -rf $(VENV) .cache dist tests/output .pytest_cache .ruff_cache .ansible .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
