"""Random numbers for pairs: from an explicit generator, and the same however many processes share the batch."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise import Ranks


def of_this_rank(count: int, draw: Callable[[int], Tensor]) -> Tensor:
    """This rank's part of numbers that are drawn for the rows of all ranks; a collective call.

    With generators in the same state on every rank, what a row gets does not depend on the number of ranks.

    Args:
        count: This rank's rows.
        draw: From a number of rows to so many rows of numbers.
    """
    sizes = Ranks.current().sizes(count)
    start = sum(sizes[: Ranks.current().index])
    return draw(sum(sizes))[start : start + count]


def uniform(*shape: int, generator: torch.Generator) -> Tensor:
    """Numbers from 0 to below 1, on the generator's device."""
    return torch.rand(shape, generator=generator, device=generator.device)


def choices(counts: Tensor, *, times: int, generator: torch.Generator) -> Tensor:
    """For each row, so many whole numbers from 0 to below its count, `[n, times]`; 0 where the count is 0.

    Args:
        counts: int64 `[n]`, this rank's rows.
        times: How many.
        generator: What draws.
    """
    drawn = of_this_rank(len(counts), lambda n: uniform(n, times, generator=generator)).to(counts.device).double()
    return (drawn * counts[:, None]).long().minimum((counts[:, None] - 1).clamp_min(0))


def permutation(count: int, *, generator: torch.Generator) -> Tensor:
    """A random order of so many rows, on the CPU; the generator moves on by as much whatever their number."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(_seed(generator)))


def beta(*shape: int, a: float, b: float, generator: torch.Generator) -> Tensor:
    """Numbers of the Beta distribution, float64, on the CPU; torch's own takes no generator.

    Raises:
        InputError: ``a`` or ``b`` is not positive.
    """
    if not (a > 0 and b > 0):
        raise InputError(f"a Beta distribution needs two positive numbers, got {a} and {b}")
    return torch.from_numpy(np.random.default_rng(_seed(generator)).beta(a, b, size=shape))


def shares(*shape: int, alpha: float, generator: torch.Generator) -> Tensor:
    """What the first of two rows gets of a mix: Beta(alpha, alpha), and with an alpha of 0 all of it.

    Raises:
        InputError: ``alpha`` is negative.
    """
    if not alpha >= 0:
        raise InputError(f"alpha must be at least 0, got {alpha}")
    if alpha == 0:
        return torch.ones(shape, dtype=torch.float64)
    return beta(*shape, a=alpha, b=alpha, generator=generator)


def _seed(generator: torch.Generator) -> int:
    return int(torch.randint(2**62, (), generator=generator, device=generator.device))
