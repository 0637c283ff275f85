# `make demo` and `make test` do all the set-up on a fresh machine with Python >= 3.11 and then their job.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test lint clean sample-report

demo: $(VENV)/.demo
	$(BIN)/voc demo build/demo

test: $(VENV)/.test
	$(BIN)/pytest --numprocesses 2 --dist loadfile $(PYTEST)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The small report that reports/sample/ tracks, made anew.
sample-report: $(VENV)/.demo
	rm -rf build/sample && $(BIN)/voc demo build/sample --reviews 24000
	rm -rf reports/sample && cp -r build/sample/reports/2026-10 reports/sample

$(VENV)/.demo: setup.cfg constraints.txt | $(VENV)/.made
	$(PIP) --editable '.[topics]'
	touch $@

$(VENV)/.test: setup.cfg constraints.txt | $(VENV)/.made
	$(PIP) --editable '.[topics,spark,train,notebook,test]'
	touch $@ $(VENV)/.demo

$(VENV)/.made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "voc needs Python 3.11 or newer, found " + sys.version)'
	$(PYTHON) -m venv $(VENV)
	touch $@

clean:
	rm -rf $(VENV) build
