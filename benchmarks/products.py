"""The limit: three matrix products that no method avoids, in the block shape that is fastest on this machine."""

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor

SHAPES = ((256, 1 << 30), (256, 2048), (512, 1024), (512, 2048), (1024, 1024), (1024, 4096))
"""Rows and columns of a block; more columns than there are means whole rows."""

SAMPLE_ROWS, SAMPLE_COLS, TRIES = 2048, 16_384, 3
Products = Callable[[Tensor, Tensor], None]


def products(a: Tensor, b: Tensor, shape: tuple[int, int]) -> None:
    """Scores, and with them in place of their derivatives the gradients of both sides, block by block."""
    rows, cols = (min(most, length) for most, length in zip(shape, (len(a), len(b)), strict=True))
    ga, gb = torch.zeros_like(a), torch.zeros_like(b)
    buffer = a.new_empty(rows * cols)
    for i in range(0, len(a), rows):
        a_block, ga_block = a[i : i + rows], ga[i : i + rows]
        for j in range(0, len(b), cols):
            b_block, gb_block = b[j : j + cols], gb[j : j + cols]
            scores = buffer[: len(a_block) * len(b_block)].view(len(a_block), len(b_block))
            torch.mm(a_block, b_block.T, out=scores)
            ga_block.addmm_(scores, b_block)
            gb_block.addmm_(scores.T, a_block)


def fastest_shape(a: Tensor, b: Tensor) -> tuple[int, int]:
    """The block shape of the least median time on a part of the rows; one more try, first, is thrown away."""
    a, b = a[:SAMPLE_ROWS], b[:SAMPLE_COLS]
    candidates = list(dict.fromkeys((min(rows, len(a)), min(cols, len(b))) for rows, cols in SHAPES))
    seconds: dict[tuple[int, int], list[float]] = {shape: [] for shape in candidates}
    for _ in range(TRIES + 1):
        for shape, found in seconds.items():
            began = time.perf_counter()
            products(a, b, shape)
            found.append(time.perf_counter() - began)
    best = min(candidates, key=lambda shape: statistics.median(seconds[shape][1:]))
    # What was cut off by the sample only is whole rows of a longer matrix too.
    return next((rows, cols) for rows, cols in SHAPES if (min(rows, len(a)), min(cols, len(b))) == best)


def fastest(a: Tensor, b: Tensor) -> tuple[Products, tuple[int, int]]:
    """The products in the best shape, and that shape."""
    shape = fastest_shape(a, b)
    return lambda x, y: products(x, y, shape), shape
