"""An anchor's own hard negatives, mixed with each other: harder ones at the price of a few sums."""

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.pairs.mixing.draws import choices, of_this_rank, shares


def paired_mixes(negatives: Tensor, *, mixes: int, alpha: float = 2.0, generator: torch.Generator) -> Tensor:
    """Unit rows `[N, mixes, D]`, each of two of an anchor's negatives; gradients pass.

    The pair-wise mixing of KaLM-Embedding-V2 (2025), arXiv:2506.20923, Section 3. Formula: ``l n_i + (1 - l) n_j`` of
    unit rows, scaled to unit length; i and j differ, ``l`` from Beta(alpha, alpha).

    Args:
        negatives: `[N, H, D]`.
        mixes: How many for each anchor.
        alpha: Positive; the larger, the more even the shares.
        generator: What draws, in the same state on every rank.

    Raises:
        InputError: Fewer than two negatives an anchor, or nothing to mix.
    """
    n = _checked(negatives)
    if mixes < 1 or n.shape[1] < 2:
        raise InputError(f"paired mixes need 2 negatives an anchor and 1 mix, got {n.shape[1]} and {mixes}")
    limits = torch.full((len(n),), n.shape[1], device=n.device)
    first = choices(limits, times=mixes, generator=generator)
    second = (first + 1 + choices(limits - 1, times=mixes, generator=generator)) % n.shape[1]
    share = of_this_rank(len(n), lambda count: shares(count, mixes, 1, alpha=alpha, generator=generator)).to(n)
    return unit_rows(share * _picked(n, first) + (1 - share) * _picked(n, second))


def listed_mixes(anchors: Tensor, negatives: Tensor, *, temperature: float = 1.0) -> Tensor:
    """Of each anchor's negatives one mix, in which similar ones have a larger share: unit rows `[N, 1, D]`.

    The list-wise mixing of the same paper. Formula: ``sum_k a_k n_k`` of unit rows, scaled to unit length, ``a`` the
    softmax of ``cos(q, n_k) / temperature``, held constant.

    Args:
        anchors: q, `[N, D]`.
        negatives: `[N, H, D]`.
        temperature: Positive; towards 0 the hardest negative alone.

    Raises:
        InputError: Shapes do not fit, or the temperature is not positive.
    """
    n = _checked(negatives)
    if not temperature > 0 or len(anchors) != len(n):
        raise InputError(f"{len(anchors)} anchors, {len(n)} lists of negatives, temperature {temperature}")
    weight_NH = torch.einsum("nd,nhd->nh", unit_rows(anchors), n).detach().div(temperature).softmax(1)
    return unit_rows(torch.einsum("nh,nhd->nd", weight_NH, n))[:, None]


def _checked(negatives: Tensor) -> Tensor:
    if negatives.ndim != 3 or not negatives.shape[1]:
        raise InputError(f"negatives must be [N, H, D] with H of 1 or more, got {list(negatives.shape)}")
    return unit_rows(negatives)


def _picked(n_NHD: Tensor, which_NK: Tensor) -> Tensor:
    return n_NHD.gather(1, which_NK[:, :, None].expand(-1, -1, n_NHD.shape[2]))
