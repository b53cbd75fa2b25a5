# The two commands a newcomer needs: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: simulate contract-twilio setup demo servers test faults check lint types golden fuzz clean help

help:
	@echo "make demo   set up and run the whole system with a living example building"
	@echo "make test   set up and run all checks"
	@echo "make check  lint, format and strict types only"
	@echo "make contract-twilio  our requests against Twilio's published description (npm)"
	@echo "make fuzz   a minute of hostile content at every decoder (FUZZ_SECONDS=60)"
	@echo "make faults kill -9, full disk, cut network, broken stores: every fault with real servers, in full"
	@echo "make simulate DAYS=100000  lives of a simulated building on all cores; a seed that fails says how to replay it"
	@echo "make golden rewrite golden files (review the diff)"

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Strongroom needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV) || { echo "没有 venv 模块 · Python has no venv: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: setup
	$(BIN)/strongroom demo

check: lint types

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

servers:
	@tests/servers.sh

# Many tests wait for real servers, not for a processor: two at a time take half as long.
test: check servers
	$(BIN)/python -m pytest -n 2

FUZZ_SECONDS ?= 60

# Every decoder for a minute, one a core: some fifteen minutes on two cores.
fuzz: setup
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS)

DAYS ?= 3000
SEED ?= 1
simulate: setup
	$(BIN)/python -m tests.simulation.run --days $(DAYS) --seed $(SEED)

golden: setup
	STRONGROOM_GOLDEN=1 $(BIN)/python -m pytest tests/golden

# All faults, and C2 in full: the engine killed 200 times under 2,000 messages per second. About twenty minutes.
faults: setup servers
	STRONGROOM_KILLS=200 $(BIN)/python -m pytest --timeout=1800 tests/faults

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

PRISM ?= build/twilio/node_modules/.bin/prism
TWILIO_DESCRIPTION ?= build/twilio/twilio_api_v2010.json

# Our requests against Twilio's published description; skipped with a word where npm cannot be reached.
contract-twilio: setup
	@tests/prism.sh
	PRISM=$(abspath $(PRISM)) TWILIO_DESCRIPTION=$(abspath $(TWILIO_DESCRIPTION)) \
	  $(BIN)/python -m pytest -rs tests/contract/test_twilio_described.py
