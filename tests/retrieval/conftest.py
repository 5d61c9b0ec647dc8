"""A corpus and an encoder whose vectors are known, and which count what they are asked for."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

DIM = 5


class Texts:
    """``"row 0"``, ``"row 1"`` and so on; with names, or without."""

    def __init__(self, rows: int, *, names: bool = False, fingerprint: str = "these texts") -> None:
        self.rows, self.names, self.fingerprint = rows, names, fingerprint

    def __len__(self) -> int:
        return self.rows

    def content(self, rows: np.ndarray) -> list[str]:
        return [f"row {row}" for row in rows]

    def ids(self, rows: np.ndarray) -> list[str] | None:
        return [f"ü-{row}" for row in rows] if self.names else None


def vector_of(text: str) -> np.ndarray:
    return np.random.default_rng(int(text.split()[1])).normal(size=DIM).astype(np.float32)


class Counting:
    """Encodes each text on its own, so that batches do not matter, and remembers the rows it was given."""

    def __init__(self) -> None:
        self.rows: list[int] = []

    def __call__(self, content: list[str]) -> np.ndarray:
        self.rows += [int(text.split()[1]) for text in content]
        return np.stack([vector_of(text) for text in content])


class Kit:
    """What the tests of this folder share."""

    Texts, Counting, DIM = Texts, Counting, DIM

    @staticmethod
    def expected(rows: int) -> np.ndarray:
        return np.stack([vector_of(f"row {row}") for row in range(rows)])

    @staticmethod
    def files(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="session")
def kit() -> type[Kit]:
    return Kit


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """23 named rows in shards of 7, never changed."""
    from counterpoint.retrieval import embed

    folder = tmp_path_factory.mktemp("finished") / "store"
    embed(Texts(23, names=True), Counting(), folder, model="m", shard_rows=7, batch_size=3)
    return folder


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Callable[[], Path]:
    """A fresh copy of the finished folder, to be damaged."""
    return lambda: Path(shutil.copytree(finished, tmp_path / "copy"))
