"""A seeded part of every class, held out to choose by."""

import numpy as np

from counterpoint.base.errors import InputError


def stratified_part(y: np.ndarray, share: float, *, seed: int) -> np.ndarray:
    """A seeded mask `[N]` over ``share`` of each class, at least one and never all; single examples stay out.

    Raises:
        InputError: ``share`` is not between 0 and 1, or no class has two examples.
    """
    if not 0 < share < 1:
        raise InputError(f"validation must lie between 0 and 1, got {share}")
    rng = np.random.default_rng(seed)
    order = rng.permutation(y.size)
    order = order[np.argsort(y[order], kind="stable")]
    size = np.bincount(y)
    rank = np.arange(y.size) - np.repeat(np.cumsum(size) - size, size)
    held = np.clip(np.rint(share * size), 1, np.maximum(size - 1, 1)) * (size > 1)
    part = np.zeros(y.size, dtype=bool)
    part[order] = rank < np.repeat(held, size)
    if not part.any():
        raise InputError("labels must hold a class with at least 2 examples, one to fit and one to choose on")
    return part
