"""Small data of every kind, and the one-thread setting that small models need."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))

WORDS = [
    "red",
    "green",
    "blue",
    "round",
    "square",
    "small",
    "large",
    "old",
    "new",
    "wet",
    "dry",
    "hot",
    "cold",
    "dog",
    "cat",
    "bird",
    "tree",
    "house",
    "car",
    "boat",
]


@pytest.fixture(autouse=True, scope="package")
def one_thread():
    """Models here are tiny: threads only get in each other's way."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def texts() -> Callable[[int], list[str]]:
    """N short texts, no two alike in a row, the same in every call."""

    def make(n: int, *, seed: int = 0) -> list[str]:
        random = np.random.default_rng(seed)
        return [" ".join(random.choice(WORDS, 5)) for _ in range(n)]

    return make


@pytest.fixture
def write_lines(tmp_path: Path) -> Callable[..., Path]:
    """Rows (dicts) as a JSON Lines file."""

    def write(rows, name: str = "data.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    return write
