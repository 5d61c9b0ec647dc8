"""Places in batches filled with rows of which no two in a batch share a key; arrays throughout, no sets."""

import numpy as np

FEW = 512
"""Empty places that are looked after one by one, when rows drawn at random no longer fit; more are given up."""
TRIED = 16
"""Rows left over that each of them is offered in exchange for a row of another batch."""


class Filling:
    """A deal of rows to batches, repaired until it is right.

    Rows are proposed for all empty places at once; those that share no key with a row that is placed, nor with an
    earlier proposal, are placed, and the others are proposed again elsewhere. What is taken is one sorted array of
    (batch, key) numbers, so a round costs O(proposals * log(N C)). The last places are filled by exchange: a row of
    another batch comes here, and a row left over takes its place there.

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
        """The rows, int64 `[batches, size]`, each at most once; -1 where none was found."""
        holes = np.arange(len(self.grid))
        while len(holes):
            left = self._propose(holes)
            if 20 * len(left) > 19 * len(holes):
                self._exchange(left)
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
        free = np.array(~self._is_taken(codes).any(axis=1))
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

    def _exchange(self, holes: np.ndarray) -> None:
        """Fill places one by one, each with a row left over or by moving another one; stop where that fails."""
        if len(holes) > FEW:
            return
        for hole in holes.tolist():
            if not self._fill(hole):
                return

    def _fill(self, hole: int) -> bool:
        batch = hole // self.size
        mates = self.grid[batch * self.size : (batch + 1) * self.size]
        welcome = ~self._sharing(mates[mates >= 0])
        fitting = np.flatnonzero(welcome[self.pool])
        if len(fitting):
            self._from_pool(int(fitting[0]), hole)
            return True
        for place in range(min(TRIED, len(self.pool))):
            movable = np.flatnonzero(self._movable(int(self.pool[place]), welcome, batch))
            if len(movable):
                moved = int(self.random.choice(movable))
                self.grid[hole] = self.grid[moved]
                self._from_pool(place, moved)
                return True
        return False

    def _movable(self, row: int, welcome: np.ndarray, batch: int) -> np.ndarray:
        """Places whose row is welcome in ``batch`` and whose own batch can have ``row`` instead of it, bool."""
        placed = self.grid >= 0
        rivals = placed & self._sharing(np.array([row]))[self.grid]
        per_batch = rivals.reshape(self.batches, self.size).sum(axis=1).repeat(self.size)
        elsewhere = np.arange(len(self.grid)) // self.size != batch
        return placed & elsewhere & welcome[self.grid] & (per_batch == rivals)

    def _sharing(self, rows: np.ndarray) -> np.ndarray:
        """Which of all rows have a key of these, bool `[N]`."""
        held = np.zeros(self.span, dtype=bool)
        held[self.keys[rows]] = True
        return np.array(held[self.keys].any(axis=1))

    def _from_pool(self, place: int, hole: int) -> None:
        self.grid[hole] = self.pool[place]
        self.pool = np.delete(self.pool, place)
