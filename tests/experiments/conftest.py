"""Small data of every kind."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

WORDS = (
    *("red", "green", "blue", "round", "square", "small", "large", "old", "new", "wet", "dry", "hot", "cold"),
    *("dog", "cat", "bird", "tree", "house", "car", "boat"),
)


@pytest.fixture(scope="session")
def texts() -> Callable[[int], list[str]]:
    """N short texts, no two alike in a row, the same in every call."""

    def make(n: int, *, seed: int = 0) -> list[str]:
        return _texts(n, seed=seed)

    return make


@pytest.fixture
def write_lines(tmp_path: Path) -> Callable[..., Path]:
    """Rows (dicts) as a JSON Lines file."""

    def write(rows, name: str = "data.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    return write


def _pictures(n: int, *, seed: int = 0) -> np.ndarray:
    """Noise uint8 `[n, 8, 8, 3]`, brighter in every other one."""
    noise = np.random.default_rng(seed).integers(0, 128, (n, 8, 8, 3))
    return (noise + 120 * (np.arange(n) % 2)[:, None, None, None]).astype(np.uint8)


def _texts(n: int, *, seed: int = 0) -> list[str]:
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(WORDS, 5)) for _ in range(n)]


def _vectors(n: int, *, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(n, 6))
    return (noise + 2 * np.eye(6)[np.arange(n) % 2]).astype(np.float32)


CONTENT = {"image": _pictures, "text": _texts, "vector": _vectors}


@pytest.fixture(scope="session")
def columns() -> Callable[..., dict]:
    """Columns in memory: content of a kind, and what supervision asks for besides."""

    def make(kind: str, supervision: str, n: int = 40, *, other: str | None = None) -> dict:
        first, second = CONTENT[kind], CONTENT[other or kind]
        match supervision:
            case "views":
                return {kind: first(n)}
            case "labels":
                return {kind: first(n), "label": [("even", "odd")[row % 2] for row in range(n)]}
            case "pairs":
                return {"anchor": first(n), "positive": second(n, seed=1)}
        return {"anchor": first(n), "positive": second(n, seed=1), "score": [row % 5 for row in range(n)]}

    return make
