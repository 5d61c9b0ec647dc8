"""Places in batches filled with rows of which no two in a batch share a key; arrays throughout, no sets."""

import numpy as np

from counterpoint.base.errors import InputError

FEW = 512
"""Places that are looked after one by one, when rows drawn at random no longer fit."""


class Filling:
    """A deal of rows to batches, repaired until it is right.

    Rows are proposed for all empty places at once; those that share no key with a row that is placed, nor with an
    earlier proposal, are placed, and the others are proposed again elsewhere. What is taken is one sorted array of
    (batch, key) numbers, so a round costs O(proposals * log(N C)).

    Args:
        keys: int64 `[N, C]`, those of each row, 0..V-1.
        proposal: int64 `[batches, size]`, the first rows to try.
        random: Drawn from.
    """

    def __init__(self, keys: np.ndarray, proposal: np.ndarray, random: np.random.Generator) -> None:
        self.keys, self.random = keys, random
        self.batches, self.size = proposal.shape
        self.span = int(keys.max(initial=0)) + 1
        self.grid = np.full(proposal.size, -1, dtype=np.int64)
        self.taken = np.zeros(0, dtype=np.int64)
        spare = np.ones(len(keys), dtype=bool)
        spare[proposal] = False
        self.pool = np.concatenate([proposal.reshape(-1), random.permutation(np.flatnonzero(spare))])

    def filled(self) -> np.ndarray:
        """The rows, int64 `[batches, size]`.

        Raises:
            InputError: A place that no row at all fits into.
        """
        holes = np.arange(len(self.grid))
        while len(holes):
            left = self._propose(holes)
            if len(left) == len(holes) or (len(left) <= FEW and 2 * len(left) > len(holes)):
                self._one_by_one(left)
                break
            holes = self.random.permutation(left)
        return self.grid.reshape(self.batches, self.size)

    def _propose(self, holes: np.ndarray) -> np.ndarray:
        """Try the next rows of the pool; the places that are still empty."""
        count = min(len(holes), len(self.pool))
        tried, here = self.pool[:count], holes[:count]
        fits = self._fits(self._codes(tried, here // self.size))
        self._place(tried[fits], here[fits])
        self.pool = np.concatenate([self.pool[count:], self.random.permutation(tried[~fits])])
        return np.concatenate([here[~fits], holes[count:]])

    def _codes(self, rows: np.ndarray, batch: np.ndarray | int) -> np.ndarray:
        """A number for each (batch, key), int64 `[n, C]`."""
        return np.asarray(batch).reshape(-1, 1) * self.span + self.keys[rows]

    def _fits(self, codes: np.ndarray) -> np.ndarray:
        """Which proposals share nothing with what is taken nor with an earlier proposal, bool `[n]`."""
        free = ~self._is_taken(codes).any(axis=1)
        flat = codes.reshape(-1)
        owner = np.repeat(np.arange(len(codes)), codes.shape[1])
        order = np.argsort(flat, kind="stable")
        code, of = flat[order], owner[order]
        starts = np.concatenate([[True], code[1:] != code[:-1]])
        first = of[np.maximum.accumulate(np.where(starts, np.arange(len(code)), 0))]
        free[of[of != first]] = False
        return free

    def _is_taken(self, codes: np.ndarray) -> np.ndarray:
        if not len(self.taken):
            return np.zeros(codes.shape, dtype=bool)
        place = np.minimum(np.searchsorted(self.taken, codes), len(self.taken) - 1)
        return self.taken[place] == codes

    def _place(self, rows: np.ndarray, places: np.ndarray) -> None:
        self.grid[places] = rows
        codes = self._codes(rows, places // self.size).reshape(-1)
        self.taken = np.sort(np.concatenate([self.taken, codes]), kind="stable")

    def _one_by_one(self, holes: np.ndarray) -> None:
        """A row of the pool where one fits, else one that other batches have too."""
        for hole in holes.tolist():
            chosen = self._fitting(self.pool, hole)
            if chosen is None:
                chosen = self._fitting(self.random.permutation(len(self.keys)), hole)
            if chosen is None:
                raise InputError(
                    f"no row fits into a batch of {self.size} without duplicates any more; choose a smaller batch_size"
                )
            self._place(np.array([chosen]), np.array([hole]))
            self.pool = self.pool[self.pool != chosen]

    def _fitting(self, rows: np.ndarray, hole: int) -> int | None:
        free = ~self._is_taken(self._codes(rows, hole // self.size)).any(axis=1)
        return int(rows[np.argmax(free)]) if free.any() else None
