"""What indexes of faiss find of the exact answer: items that ask for items, and users that ask for items.

Vectors are the 64 leading singular vectors of Gowalla's normalised interactions (40,981 items), once compared by
cosine and once by inner product, which :func:`counterpoint.encoders.id_vectors.as_cosines` turns into cosines as a run
with BPR does. Prints a line a kind.

Usage: python benchmarks/index.py [--dim 64] [--users 1000]
"""

import argparse
import tempfile

import numpy as np
import scipy.sparse.linalg

from counterpoint.base.content import Content
from counterpoint.data.sets.interactions import gowalla
from counterpoint.encoders.id_vectors import as_cosines
from counterpoint.retrieval import HNSW, IVF, Flat, Store, build_index, embed

KINDS = (Flat(), IVF(), HNSW(), HNSW(effort=512))


class Rows:
    """Vectors as a corpus of themselves."""

    fingerprint = "rows"

    def __init__(self, vectors: np.ndarray) -> None:
        self.vectors = vectors

    def __len__(self) -> int:
        return len(self.vectors)

    def content(self, rows: np.ndarray) -> Content:
        return [str(row) for row in rows]

    def ids(self, rows: np.ndarray) -> list[str] | None:
        return None


def store_of(vectors: np.ndarray, folder: str) -> Store:
    """The vectors as a finished folder."""
    return embed(Rows(vectors), lambda names: vectors[[int(name) for name in names]], folder, model="svd")


def factors(dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Users `[U, D]` and items `[I, D]` whose inner products fit D^-1/2 A D^-1/2."""
    taken = gowalla().train.matrix.astype(np.float64)
    users, items = (1 / np.sqrt(np.maximum(np.asarray(taken.sum(axis)).ravel(), 1)) for axis in (1, 0))
    left, values, right = scipy.sparse.linalg.svds(taken.multiply(users[:, None]).multiply(items).tocsr(), k=dim)
    return left * values, right.T


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--users", type=int, default=1000)
    given = parser.parse_args()
    users, items = factors(given.dim)
    asking = np.random.default_rng(0).choice(len(users), given.users, replace=False)
    for metric, (a_UD, b_ID) in {"cosine": (users, items), "inner product": as_cosines(users, items)}.items():
        with tempfile.TemporaryDirectory() as folder:
            store = store_of(b_ID.astype(np.float32), folder)
            for kind in KINDS:
                built = build_index(store, kind, queries=a_UD[asking].astype(np.float32)).manifest
                assert built.asked is not None
                print(f"{metric:13}  {kind}  items {built.recall.value:.3f}  users {built.asked.value:.3f}", flush=True)


if __name__ == "__main__":
    main()
