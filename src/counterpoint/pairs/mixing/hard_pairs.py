"""Mixes of the hardest pairs of a labelled batch."""

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.pairs.mixing.arranged import Pairs
from counterpoint.pairs.mixing.draws import of_this_rank, permutation, shares
from counterpoint.pairs.mixing.mixes import Mixes, check_share
from counterpoint.pairwise import Others, SameKey


def hard_pair_mixes(
    features: Tensor, labels: Tensor, *, alpha: float = 1.0, least: float = 0.8, generator: torch.Generator
) -> Mixes:
    """Two mixes for each row: of its hardest positive and hardest negative, then of another row and a little of itself.

    Zhang et al., "Unleashing the Power of Contrastive Self-Supervised Visual Models via Contrast-Regularized
    Fine-Tuning" (Core-tuning, 2021), arXiv:2102.06605, Section 4.1. Formula: ``l p_i + (1 - l) n_i``, ``p_i`` the least
    similar row of its class, ``n_i`` the most similar one of another; then ``m x_k + (1 - m) x_i`` with k from a random
    permutation and ``m = max(m', least)``; ``l`` and ``m'`` from Beta(alpha, alpha). Rows are this rank's. A row that
    is alone in its class is its own ``p_i``. Features have their gradient; which rows are hard has none. Collective.

    Args:
        features: `[N, D]`.
        labels: int `[N]`.
        alpha: At least 0; 1 in the public code.
        least: What another row has at least; 0.8 in the paper.
        generator: What draws, in the same state on every rank.

    Raises:
        InputError: Labels do not fit, or are all of one class.
    """
    if labels.shape != features.shape[:1] or labels.is_floating_point():
        raise InputError(f"labels must be {len(features)} integers, got {labels.dtype} {list(labels.shape)}")
    if bool((labels == labels[0]).all()):
        raise InputError("labels must be of two classes at least: a hard negative is of another class")
    check_share(torch.tensor(least))
    n, rows = len(features), torch.arange(len(features), device=features.device)
    positive, negative = _hardest(features.detach(), labels)
    share = of_this_rank(n, lambda count: shares(count, 2, alpha=alpha, generator=generator)).to(features)
    other = permutation(n, generator=generator).to(rows.device)
    first, second = torch.cat([positive, other]), torch.cat([negative, rows])
    return Mixes.of(features, first, second, torch.cat([share[:, 0], share[:, 1].clamp_min(least)]))


def _hardest(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """The least similar row of each row's class, itself where it is alone, and the most similar of another class."""
    z = unit_rows(features)
    s, same = z @ z.T, labels[:, None] == labels
    # A row is more similar to itself than to any other, so that it is taken only where there is no other.
    positive = torch.where(same, s, torch.inf).fill_diagonal_(torch.finfo(s.dtype).max).argmin(1)
    return positive, torch.where(same, -torch.inf, s).argmax(1)


def told_apart(embeddings: Tensor, labels: Tensor, mixes: Mixes, mixed: Tensor) -> Pairs:
    """Rows and mixes among themselves: a mix of two classes is nobody's positive, one of a single class is of it.

    As in the public code of Core-tuning, where mixed labels are equal only if they are of one class; mixes of two
    classes are no anchors, as they have no positive. With ``interpolated`` instead they are partly positive.

    Args:
        embeddings: `[N, D]`, of the rows.
        labels: int `[N]`.
        mixes: Of their features.
        mixed: `[K, D]`, embeddings of the mixes: ``mixes.rows``, or what a head makes of them.

    Raises:
        InputError: There is not one embedding for each row and mix.
    """
    if labels.shape != embeddings.shape[:1] or len(mixed) != len(mixes.share):
        raise InputError(
            f"embeddings and mixed must be for {len(labels)} rows and {len(mixes.share)} mixes, "
            f"got {len(embeddings)} and {len(mixed)}"
        )
    pure = labels[mixes.first] == labels[mixes.second]
    anchors = torch.cat([embeddings, mixed[pure]])
    keys = torch.cat([labels, labels[mixes.first[pure]]])
    between = keys.new_full((int((~pure).sum()),), -1)
    relation = SameKey(keys, torch.cat([keys, between]))
    return Pairs(anchors, torch.cat([anchors, mixed[~pure]]), Others(relation))
