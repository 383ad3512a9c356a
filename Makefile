PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check bench clean

$(STAMP): pyproject.toml setup.cfg
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $(STAMP)

demo: $(STAMP)  ## three units, a broker and an auditor do the whole job on a published benchmark
	$(BIN)/pplink demo

test: $(STAMP)  ## every test
	$(BIN)/python -m pytest -n 2

check: $(STAMP)  ## style, types, import floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports --config setup.cfg

bench: $(STAMP)  ## every benchmark, each beside its peer; DATA=DIR for those on public lists
	$(BIN)/python -m benchmarks $(if $(DATA),--data $(DATA))

clean:
	rm -rf $(VENV) .venv-* build *.egg-info
