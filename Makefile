# Legwork's two commands, which do everything on a machine that has only Python and make:
#
#     make run     start the service
#     make test    run the tests
#
# The rest are listed by `make help`. All of them work inside .venv, which they build the first
# time and refresh only when a lock file or pyproject.toml has changed.

PYTHON ?= python3
SHARE ?= 1
CASES ?= 120000
COUNT ?= 1000

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet

# Stamps: each is touched once its step has fully succeeded, so an interrupted step is done again.
CREATED := $(VENV)/.created
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev

# The caller's pip settings for reaching packages (an index, a proxy, a certificate) are theirs to
# choose. Those that change what is installed, or where, would break .venv.
unexport PIP_TARGET PIP_PREFIX PIP_ROOT PIP_REQUIREMENT PIP_CONSTRAINT PIP_BUILD_CONSTRAINT
unexport PIP_EDITABLE PIP_NO_DEPS PIP_DRY_RUN PIP_REQUIRE_HASHES PIP_NO_BINARY PIP_PYTHON
export PIP_USER := no
export PIP_NO_INPUT := yes
export PIP_DISABLE_PIP_VERSION_CHECK := yes
export PIP_ROOT_USER_ACTION := ignore

.DEFAULT_GOAL := help
.PHONY: help run test conformance lint types contracts knowledge mutants bench fuzz crowd load audit-dependencies sbom docs venv lock clean

help:  ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 26

run: $(RUNTIME)  ## start the service
	@LEGWORK_MODE=$${LEGWORK_MODE:-development} exec $(BIN)/legwork serve

test: $(DEV)  ## run the tests
	@$(BIN)/python -m pytest $(OPTIONS)

conformance: $(DEV)  ## run the contract tests and regenerate docs/conformance.md
	$(BIN)/python -m pytest -p tests.contract.conformance tests/contract

lint: $(DEV)  ## check style and formatting
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(DEV)  ## check types
	$(BIN)/mypy

contracts: $(DEV)  ## check which part of the code may import which
	$(BIN)/lint-imports

knowledge: $(RUNTIME)  ## check the cards
	$(BIN)/legwork check cards

mutants: $(DEV)  ## loosen each number and list of the cards, and see that a test notices (SHARE=0.05 tries a sample)
	$(BIN)/python -m tests.mutation.run --share $(SHARE)

bench: $(DEV)  ## measure throughput, latency, growth and memory beside a bare route; needs wrk and two cores
	$(BIN)/python -m tests.benchmarks.run $(BENCH)

fuzz: $(DEV)  ## change real charts by chance (CASES=120000), generate calls to every endpoint (COUNT=1000 for each)
	$(BIN)/python -m tests.security.fuzz.run --cases $(CASES)
	$(BIN)/python -m tests.contract.fuzz $(COUNT)

crowd: $(DEV)  ## make 10,000 calls at the same moment
	$(BIN)/python -m tests.security.crowd

load: $(DEV)  ## call two instances over one PostgreSQL, and see that nothing is counted twice
	$(BIN)/python -m tests.serving.load --calls 100000

audit-dependencies: $(DEV)  ## ask whether weaknesses are known of what is pinned; says when it could not look
	$(BIN)/python -m tests.security.dependencies

sbom: $(DEV)  ## write what the service is made of to build/sbom.json (CycloneDX)
	@mkdir -p build
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --mc-type application --output-reproducible \
		--sv 1.6 --of JSON --output-file build/sbom.json requirements.lock

docs: $(RUNTIME)  ## regenerate the generated docs
	$(BIN)/legwork docs

venv: $(DEV)  ## install everything, run nothing

# Resolved against the public index alone, whatever this machine's pip is told, so that the pins
# and hashes hold on every machine. Existing pins stay; `make lock UPGRADE=--upgrade` renews them.
# Lock with the oldest Python supported: a newer one would leave out what only the older needs.
COMPILE := env -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL -u PIP_FIND_LINKS -u PIP_NO_INDEX -u PIP_PRE \
	PIP_CONFIG_FILE=/dev/null CUSTOM_COMPILE_COMMAND='make lock' \
	$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --build-deps-for editable \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links $(UPGRADE)

lock: $(DEV)  ## pin the dependencies of pyproject.toml anew
	$(COMPILE) --output-file requirements.lock pyproject.toml
	$(COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean:  ## remove .venv and everything else that can be made again
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(CREATED):
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Legwork needs Python 3.11 or newer with venv, which '$(PYTHON)' is not: install it" \
			"(on Debian: apt-get install python3-venv) or name one that is, as in: make PYTHON=python3.11" >&2; \
		exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(RUNTIME): requirements.lock pyproject.toml | $(CREATED)
	@echo "Installing Legwork into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@echo "Installing the development tools into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
