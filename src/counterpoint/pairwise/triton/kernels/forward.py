"""Log-sum-exps of my rows over theirs, with a running maximum."""

# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
# Triton has no types, and a machine without a GPU need not have Triton.

import triton
import triton.language as tl

from counterpoint.pairwise.triton.kernels.tile import LOG2_E, chunk, chunked_scores, finite, logits, masks, product


@triton.jit
def log_sum_exp_kernel(
    lse_ptr,  # [splits, asks, n]
    mine_ptr,  # [n, width]
    theirs_ptr,  # [m, width]
    mine_keys_ptr,
    their_keys_ptr,
    scales_ptr,
    margin,
    n,
    m,
    width,
    offset,  # my row i is their row i + offset
    share,  # how many of their rows one program walks over
    ASKS: tl.constexpr,
    LANES: tl.constexpr,  # asks, rounded up to a power of two
    WHICH: tl.constexpr,  # two bits per ask
    KEYED: tl.constexpr,
    OWN: tl.constexpr,
    MARGINED: tl.constexpr,
    HELD: tl.constexpr,  # a row fits into one chunk
    MINE: tl.constexpr,
    THEIRS: tl.constexpr,
    DEPTH: tl.constexpr,
):
    """Program (block, split) owns MINE of my rows and walks over ``share`` of theirs."""
    i = tl.program_id(0) * MINE + tl.arange(0, MINE)
    start = tl.program_id(1) * share
    lane = tl.arange(0, LANES)
    top = tl.full([MINE, LANES], float("-inf"), tl.float32)
    total = tl.zeros([MINE, LANES], tl.float32)
    if HELD:
        x = chunk(mine_ptr, i, n, 0, width, DEPTH)
    for at in range(start, tl.minimum(start + share, m), THEIRS):
        j = at + tl.arange(0, THEIRS)
        if HELD:
            y = chunk(theirs_ptr, j, m, 0, width, DEPTH)
            s = product(x, tl.trans(y), tl.zeros([MINE, THEIRS], tl.float32))
        else:
            s = chunked_scores(mine_ptr, i, n, theirs_ptr, j, m, width, MINE, THEIRS, DEPTH)
        inside, other, positive = masks(i, n, mine_keys_ptr, j, m, their_keys_ptr, offset, KEYED, OWN)
        if MARGINED:
            s += tl.where(positive, margin, 0.0)
        peaks = tl.full([MINE, LANES], float("-inf"), tl.float32)
        sums = tl.zeros([MINE, LANES], tl.float32)
        for ask in tl.static_range(ASKS):
            x_ij = logits(s, tl.load(scales_ptr + ask), inside, other, positive, (WHICH >> (2 * ask)) & 3)
            peak = tl.max(x_ij, 1)
            e_ij = tl.exp2(x_ij - finite(peak)[:, None])
            peaks = tl.where((lane == ask)[None, :], peak[:, None], peaks)
            sums = tl.where((lane == ask)[None, :], tl.sum(e_ij, 1)[:, None], sums)
        higher = tl.maximum(top, peaks)
        total = total * tl.exp2(top - finite(higher)) + sums * tl.exp2(peaks - finite(higher))
        top = higher
    # Not log2(0) where nothing took part: top is -inf there already.
    found = (top + tl.log2(tl.where(total == 0.0, 1.0, total))) / LOG2_E
    place = (tl.program_id(1) * ASKS + lane)[None, :].to(tl.int64) * n + i[:, None]
    tl.store(lse_ptr + place, found, mask=(i < n)[:, None] & (lane < ASKS)[None, :])
