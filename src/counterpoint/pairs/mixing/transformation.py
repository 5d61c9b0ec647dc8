"""Harder positives by extrapolation, more diverse negatives by interpolation."""

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairs.mixing.draws import of_this_rank, permutation, shares


def extrapolated(
    queries: Tensor, keys: Tensor, *, alpha: float = 2.0, per_feature: bool = False, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Queries and keys moved apart along the line between them, `[N, D]` each.

    Zhu et al., "Improving Contrastive Learning by Visualizing Feature Transformation" (2021), arXiv:2108.02982,
    Section 4.1. Formula: ``q' = l q + (1 - l) k`` and ``k' = l k + (1 - l) q``, ``l - 1`` from Beta(alpha, alpha).
    For unit rows ``q' k' = s - 2 l (l - 1) (1 - s)``, never above ``s = q k``. The paper's scores are inner products
    of what comes out, not normalised again: ``similarity=Dot()``; cosines fall as well. Collective.

    Args:
        queries: Unit rows `[N, D]`.
        keys: Unit rows `[N, D]`, without gradient in the paper.
        alpha: Positive; 2 in the public code.
        per_feature: Draw ``l`` for every feature, the paper's second form, in which scores may rise.
        generator: What draws, in the same state on every rank.

    Raises:
        InputError: Shapes differ, or ``alpha`` is not positive.
    """
    if queries.shape != keys.shape or queries.ndim != 2:
        raise InputError(f"queries and keys must be [N, D] both, got {list(queries.shape)} and {list(keys.shape)}")
    share = 1 + _shares(queries, alpha, per_feature, generator)
    return share * queries + (1 - share) * keys, share * keys + (1 - share) * queries


@torch.no_grad()
def interpolated_negatives(
    negatives: Tensor, *, alpha: float = 1.6, per_feature: bool = False, generator: torch.Generator
) -> Tensor:
    """Negatives mixed with each other, `[F, D]`, without gradient: in place of them.

    Same paper, Section 4.2. Formula: ``l n + (1 - l) n[permuted]``, ``l`` from Beta(alpha, alpha). Mix what is the same
    on every rank (``queue.content()``) with generators in the same state, or each rank its own part.

    Args:
        negatives: `[F, D]`.
        alpha: Positive; 1.6 in the public code.
        per_feature: Draw ``l`` for every feature.
        generator: What draws.

    Raises:
        InputError: ``alpha`` is not positive.
    """
    rows, features = negatives.shape
    _check_alpha(alpha)
    share = shares(rows, features if per_feature else 1, alpha=alpha, generator=generator).to(negatives)
    other = permutation(rows, generator=generator).to(negatives.device)
    return share * negatives + (1 - share) * negatives[other]


def _shares(x: Tensor, alpha: float, per_feature: bool, generator: torch.Generator) -> Tensor:
    _check_alpha(alpha)
    wide = x.shape[1] if per_feature else 1
    return of_this_rank(len(x), lambda n: shares(n, wide, alpha=alpha, generator=generator)).to(x)


def _check_alpha(alpha: float) -> None:
    if not alpha > 0:
        raise InputError(f"alpha must be positive, got {alpha}")
