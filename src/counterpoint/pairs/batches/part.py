"""A part of other rows."""

import numpy as np

from counterpoint.pairs.batches.contract import NOTHING, Rows


class Part(Rows):
    """Some rows of others, numbered anew: row i is row ``chosen[i]`` of ``whole``."""

    def __init__(self, whole: Rows, chosen: np.ndarray) -> None:
        """Nothing is read yet."""
        self.whole, self.chosen = whole, chosen

    def __len__(self) -> int:
        """Number of chosen rows."""
        return len(self.chosen)

    @property
    def blocks(self) -> np.ndarray:
        """The blocks of the whole where the chosen rows ascend; one block otherwise."""
        if not np.all(np.diff(self.chosen) >= 0):
            return np.array([0, len(self)], dtype=np.int64)
        return np.unique(np.searchsorted(self.chosen, self.whole.blocks)).astype(np.int64)

    def labels(self) -> np.ndarray:
        """Those of the chosen rows."""
        return self.whole.labels()[self.chosen]

    def numbers(self, column: str) -> np.ndarray:
        """Those of the chosen rows."""
        return self.whole.numbers(column)[self.chosen]

    def identities(self, columns: tuple[str, ...]) -> np.ndarray:
        """Those of the chosen rows."""
        return self.whole.identities(columns)[self.chosen]

    def neighbours(self, name: str) -> np.ndarray:
        """Those of the chosen rows that are chosen too, in the order they had; the others are closed up."""
        place = np.full(len(self.whole) + 1, NOTHING, dtype=np.int64)  # one more, for NOTHING to find itself
        place[self.chosen] = np.arange(len(self.chosen))
        found = place[self.whole.neighbours(name)[self.chosen]]
        order = np.argsort(found == NOTHING, axis=1, kind="stable")
        return np.take_along_axis(found, order, axis=1)
