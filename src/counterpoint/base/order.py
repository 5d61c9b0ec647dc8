"""A random order that can be read from a file: blocks are shuffled, then rows within windows of a few blocks."""

import numpy as np

WINDOW_BLOCKS = 4
"""Blocks that are mixed with each other; few enough that they are read once and held."""


def block_order(blocks: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """All row numbers, int64 `[N]`, in a random order; with one block it is a uniform permutation.

    Args:
        blocks: Row offsets `[n_blocks + 1]`, rising from 0 to N.
        random: Drawn from.
    """
    if len(blocks) <= 2:
        return random.permutation(int(blocks[-1]))
    order = random.permutation(len(blocks) - 1)
    pieces = [np.arange(int(blocks[block]), int(blocks[block + 1])) for block in order]
    windows = [np.concatenate(pieces[i : i + WINDOW_BLOCKS]) for i in range(0, len(pieces), WINDOW_BLOCKS)]
    return np.concatenate([random.permutation(window) for window in windows])
