"""Gradients of my rows: every score is made again, weighted, and multiplied with their rows."""

# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
# Triton has no types, and a machine without a GPU need not have Triton.

import triton
import triton.language as tl

from counterpoint.pairwise.triton.kernels.tile import chunk, chunked_scores, logits, masks, product


@triton.jit
def gradient_kernel(
    grad_ptr,  # [splits, n, width]
    slope_ptr,  # [splits, asks, n]
    mine_ptr,  # [n, width]
    theirs_ptr,  # [m, width]
    mine_keys_ptr,
    their_keys_ptr,
    mine_pull_ptr,  # [asks, n]
    mine_lse_ptr,  # [asks, n], to base 2; +inf where nothing takes part
    their_pull_ptr,  # [asks, m]
    their_lse_ptr,  # [asks, m]
    scales_ptr,
    unit_ptr,
    margin,
    n,
    m,
    width,
    offset,  # my row i is their row i + offset
    share,  # how many of their rows one program walks over
    ASKS: tl.constexpr,
    LANES: tl.constexpr,  # asks, rounded up to a power of two
    WHICH: tl.constexpr,  # two bits per ask
    BY_MINE: tl.constexpr,  # a bit per ask that has log-sum-exps of my rows
    BY_THEIRS: tl.constexpr,
    SLOPES: tl.constexpr,
    KEYED: tl.constexpr,
    OWN: tl.constexpr,
    MARGINED: tl.constexpr,
    HELD: tl.constexpr,  # a row fits into one chunk, and OUT is DEPTH
    MINE: tl.constexpr,
    THEIRS: tl.constexpr,
    DEPTH: tl.constexpr,
    OUT: tl.constexpr,
):
    """Program (block, piece, split) owns OUT columns of the gradients of MINE rows.

    An accumulator for whole rows would not fit into registers when they are long. Each piece of a row makes the scores
    again: with p pieces a pass costs (p + 1) N M D multiplications instead of 2 N M D.
    """
    i = tl.program_id(0) * MINE + tl.arange(0, MINE)
    start = tl.program_id(2) * share
    first = tl.program_id(1) * OUT
    lane = tl.arange(0, LANES)
    total = tl.zeros([MINE, OUT], tl.float32)
    slopes = tl.zeros([MINE, LANES], tl.float32)
    if HELD:
        x = chunk(mine_ptr, i, n, 0, width, DEPTH)
    for at in range(start, tl.minimum(start + share, m), THEIRS):
        j = at + tl.arange(0, THEIRS)
        y = chunk(theirs_ptr, j, m, first, width, OUT)
        if HELD:
            s = product(x, tl.trans(y), tl.zeros([MINE, THEIRS], tl.float32))
        else:
            s = chunked_scores(mine_ptr, i, n, theirs_ptr, j, m, width, MINE, THEIRS, DEPTH)
        inside, other, positive = masks(i, n, mine_keys_ptr, j, m, their_keys_ptr, offset, KEYED, OWN)
        if MARGINED:
            s += tl.where(positive, margin, 0.0)
        w = tl.zeros([MINE, THEIRS], tl.float32)
        for ask in tl.static_range(ASKS):
            scale = tl.load(scales_ptr + ask)
            x_ij = logits(s, scale, inside, other, positive, (WHICH >> (2 * ask)) & 3)
            w_ij = tl.zeros([MINE, THEIRS], tl.float32)
            if (BY_MINE >> ask) & 1:
                w_ij += softmax(x_ij, mine_pull_ptr + ask * n, mine_lse_ptr + ask * n, i, n, 1)
            if (BY_THEIRS >> ask) & 1:
                w_ij += softmax(x_ij, their_pull_ptr + ask * m, their_lse_ptr + ask * m, j, m, 0)
            if SLOPES:
                slopes += tl.where((lane == ask)[None, :], tl.sum(w_ij * s, 1)[:, None], 0.0)
            w += w_ij * scale
        # Weights are rounded to the dtype of the embeddings: tensor cores take factors of one dtype.
        total = product(w.to(y.dtype), y, total)
    write(grad_ptr, total * tl.load(unit_ptr), i, n, first, width, OUT)
    if SLOPES:
        # Every piece has found the same slopes; the first one writes them.
        place = (tl.program_id(2) * ASKS + lane)[None, :].to(tl.int64) * n + i[:, None]
        kept = (i < n)[:, None] & (lane < ASKS)[None, :] & (tl.program_id(1) == 0)
        tl.store(slope_ptr + place, slopes, mask=kept)


@triton.jit
def softmax(x_ij, pull_ptr, lse_ptr, rows, count, AXIS: tl.constexpr):
    """``g exp(x - lse)``; exp(-inf) = 0 where nothing takes part, and outside the matrix.

    No share is above 1 but by rounding, which may be worth many units where scores are huge: ``lse`` has then been
    lowered by what it may lose, and a share ends at 1.
    """
    g = tl.load(pull_ptr + rows, mask=rows < count, other=0.0)
    lse = tl.load(lse_ptr + rows, mask=rows < count, other=float("inf"))
    return tl.expand_dims(g, AXIS) * tl.exp2(tl.minimum(x_ij - tl.expand_dims(lse, AXIS), 0.0))


@triton.jit
def write(grad_ptr, total, i, n, first, width, OUT: tl.constexpr):
    """A split's share of the gradients, rounded once."""
    cols = first + tl.arange(0, OUT)
    place = (tl.program_id(2).to(tl.int64) * n + i)[:, None] * width + cols[None, :]
    mask = (i < n)[:, None] & (cols < width)[None, :]
    tl.store(grad_ptr + place, total.to(grad_ptr.dtype.element_ty), mask=mask)
