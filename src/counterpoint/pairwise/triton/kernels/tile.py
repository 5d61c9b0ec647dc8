"""What every kernel does with a tile: load embeddings, multiply them, know who takes part.

Roles instead of axes: a program owns some of *my* rows and walks over *their* rows. Row statistics have anchors as
mine; for column statistics both change places, so one kernel serves both axes, needs no atomics and stores nothing per
pair. The price is that the scores are made once per axis.
"""

# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
# Triton has no types, and a machine without a GPU need not have Triton.

import triton
import triton.language as tl

# exp(x) = 2 ** (x log2 e): the hardware's exponential has base 2, so the factor goes into the scale.
LOG2_E = tl.constexpr(1.4426950408889634)


@triton.jit
def finite(peak):
    """What to subtract: with -inf, where nothing took part yet, (-inf) - (-inf) would be NaN."""
    return tl.where(peak == float("-inf"), 0.0, peak)


# NumPy has no bfloat16, and Triton's interpreter multiplies its bits as integers.
INTERPRETED = tl.constexpr(not isinstance(finite, triton.runtime.JITFunction))


@triton.jit
def chunk(x_ptr, rows, count, at, width, DEPTH: tl.constexpr):
    """Columns ``at`` to ``at + DEPTH`` of some rows `[rows, DEPTH]`; zeros outside the matrix."""
    cols = at + tl.arange(0, DEPTH)
    # 64 bits: a million rows of 4,096 numbers lie beyond 2 ** 31.
    where = x_ptr + rows[:, None].to(tl.int64) * width + cols[None, :]
    return tl.load(where, mask=(rows < count)[:, None] & (cols < width)[None, :], other=0.0)


@triton.jit
def product(x, y, total):
    """``total + x y``.

    Float32 factors are multiplied as such. Tensor cores would round them to tf32, ten bits of mantissa: an error of up
    to 0.001 in a cosine, of a tenth in its exponential at temperature 0.01, and gradients would no longer be those of
    the tiles. The cost is the speed of the ordinary cores. Half precision is not affected.
    """
    if INTERPRETED:
        x = x.to(tl.float32)
        y = y.to(tl.float32)
    return tl.dot(x, y, total, input_precision="ieee")


@triton.jit
def chunked_scores(
    mine_ptr, i, n, theirs_ptr, j, m, width, MINE: tl.constexpr, THEIRS: tl.constexpr, DEPTH: tl.constexpr
):
    """Inner products of rows that are too long to be held at once."""
    s = tl.zeros([MINE, THEIRS], tl.float32)
    for at in range(0, width, DEPTH):
        x = chunk(mine_ptr, i, n, at, width, DEPTH)
        y = chunk(theirs_ptr, j, m, at, width, DEPTH)
        s = product(x, tl.trans(y), s)
    return s


@triton.jit
def masks(i, n, mine_keys_ptr, j, m, their_keys_ptr, offset, KEYED: tl.constexpr, OWN: tl.constexpr):
    """Three boolean tiles, each within the one before: inside the matrix, not a row with itself, positive."""
    inside = (i < n)[:, None] & (j < m)[None, :]
    other = inside
    if OWN:
        other = inside & ((i + offset)[:, None] != j[None, :])
    positive = other
    if KEYED:
        mine = tl.load(mine_keys_ptr + i, mask=i < n, other=-1)
        theirs = tl.load(their_keys_ptr + j, mask=j < m, other=-1)
        positive = other & (mine[:, None] == theirs[None, :]) & (mine >= 0)[:, None]
    return inside, other, positive


@triton.jit
def logits(s, scale, inside, other, positive, WHICH: tl.constexpr):
    """Logits to base 2, -inf where an entry does not take part; codes of WHICH as in ``launch.CODES``."""
    part = inside
    if WHICH == 1:
        part = other
    if WHICH == 2:
        part = positive
    if WHICH == 3:
        part = other ^ positive  # the positives are among the others
    return tl.where(part, s * (scale * LOG2_E), float("-inf"))
