# Everything runs in .venv, made from requirements.lock. `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help env demo experiment test test-all check format lock audit sbom data clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(READY)  ## create the virtual environment .venv from the lock file

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("iota_py needs Python 3.11 or later, found %d.%d; try: make PYTHON=python3.12" % sys.version_info[:2]) if sys.version_info < (3, 11) else None'
	@echo "creating $(VENV) … installing $$(grep -c '^[a-z].*==' requirements.lock) packages (about two minutes)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: env  ## map the demonstration landscape, ends with the accuracy and where the report is
	@$(BIN)/iota-py run configs/demo.yaml

test: env  ## the quick tests; those of one file run in one process, which makes what they share once
	@$(BIN)/python -m pytest -m "not slow" -n auto --dist loadfile

test-all: env  ## every test, the long ones too
	@$(BIN)/python -m pytest

check: env  ## style, architecture and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/mypy

experiment: env  ## run and compare an experiment: make experiment NAME=africa_cropmask
	@ls experiments/"$(NAME)"/experiment.* >/dev/null 2>&1 || { echo "NAME is one of: $$(cd experiments && ls -d */experiment.* | xargs dirname | sort -u | xargs)"; exit 1; }
	@if test -f "experiments/$(NAME)/experiment.yaml"; then $(BIN)/iota-py experiment run "experiments/$(NAME)/experiment.yaml"; \
	else $(BIN)/python "experiments/$(NAME)/experiment.py"; fi

format: env  ## mend style in place
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

data: env  ## write data_samples anew, byte for byte
	@$(BIN)/iota-py demo-data data_samples

lock: env  ## resolve requirements.lock anew, for Python 3.11 to 3.13
	@$(PYTHON) -m venv build/lock && build/lock/bin/python -m pip install --quiet uv
	@build/lock/bin/uv pip compile pyproject.toml --quiet --extra dev --extra cluster --extra stac --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --upgrade -o requirements.lock

audit:  ## look the locked libraries up among known vulnerabilities (OSV; needs a network)
	@{ test -x build/audit/bin/pip-audit || { $(PYTHON) -m venv build/audit && build/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit; }; } \
	  || { echo "audit: could not check: pip-audit cannot be installed (is there a network?)"; exit 3; }
	@build/audit/bin/pip-audit --requirement requirements.lock --disable-pip --require-hashes --vulnerability-service osv --timeout 20 \
	  --progress-spinner off --output build/audit/found.txt 2> build/audit/said.txt; code=$$?; cat build/audit/found.txt 2>/dev/null; \
	if grep -q '^No known\|^Found ' build/audit/said.txt; then cat build/audit/said.txt; exit $$code; fi; \
	tail -n 1 build/audit/said.txt; echo "audit: could not check: OSV did not answer (is there a network?)"; exit 3

sbom: env  ## the bill of materials of a release, CycloneDX: dist/iota_py-<version>.cdx.json
	@$(BIN)/python .ci/sbom.py

clean:  ## remove runs, caches and the environment
	rm -rf $(VENV) build runs .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find iota_py tests -name __pycache__ -type d -prune -exec rm -rf {} +
