"""A point of a path against points of other paths, by how well a Brownian bridge between its ends explains it."""

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.objectives.info_nce import InfoNCE
from counterpoint.pairwise import Dot


def bridge_contrast(start: Tensor, middle: Tensor, end: Tensor, time: Tensor, length: Tensor) -> Tensor:
    """InfoNCE of paths pinned at both ends: Time Control.

    Wang et al., "Language modeling via stochastic processes" (2022), arXiv:2203.11370, Eq. 2 and 3. Formula: the score
    of candidate j for path i is ``-|z_j - (1 - t_i/T_i) start_i - t_i/T_i end_i|^2 / (2 t_i (T_i - t_i) / T_i)``; a
    path's own middle is its positive, those of the other paths are its negatives.

    Args:
        start: `[N, D]`, where a path begins.
        middle: `[N, D]`, a point of it at ``time``.
        end: `[N, D]`, where it ends, at ``length``.
        time: `[N]`, above 0 and below ``length``.
        length: `[N]`, T.

    Returns:
        The loss, a scalar; streamed as every InfoNCE is.

    Raises:
        InputError: Shapes differ, or a time is not between 0 and its length.
    """
    if not (start.shape == middle.shape == end.shape and time.shape == length.shape == start.shape[:1]):
        shapes = [list(one.shape) for one in (start, middle, end, time, length)]
        raise InputError(f"start, middle and end must be [N, D], time and length [N], got {shapes}")
    if bool(((time <= 0) | (time >= length)).any()):
        raise InputError("time must be above 0 and below length: at the ends a bridge has no variance")
    share_N1 = (time / length).to(start)[:, None]
    mean_ND = (1 - share_N1) * start + share_N1 * end
    weight_N1 = length.to(start)[:, None] / (2 * (time * (length - time)).to(start)[:, None])
    # -w |z - m|^2 as the product of (2 w m, -w, -w |m|^2) and (z, |z|^2, 1)
    anchors = torch.cat([2 * weight_N1 * mean_ND, -weight_N1, -weight_N1 * mean_ND.square().sum(1, keepdim=True)], 1)
    square_N1 = middle.square().sum(1, keepdim=True)
    candidates = torch.cat([middle, square_N1, torch.ones_like(square_N1)], 1)
    return InfoNCE(temperature=1.0, similarity=Dot())(anchors, candidates)
