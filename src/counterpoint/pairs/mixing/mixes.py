"""Mixes of two rows of a batch, and the interpolated labels that an objective sees them with."""

from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairs.mixing.arranged import Pairs
from counterpoint.pairs.mixing.draws import of_this_rank, permutation, shares
from counterpoint.pairs.mixing.weighing import WeightedCandidates
from counterpoint.pairwise import SameKey


@dataclass(frozen=True, eq=False)
class Mixes:
    """Rows ``share first + (1 - share) second``, differentiable, and what they are made of.

    Attributes:
        rows: `[K, D]`.
        first: int64 `[K]`, a row of the batch each.
        second: int64 `[K]`, the other one.
        share: `[K]` from 0 to 1, what the first has of the mix.
    """

    rows: Tensor
    first: Tensor
    second: Tensor
    share: Tensor

    @staticmethod
    def of(x: Tensor, first: Tensor, second: Tensor, share: Tensor) -> "Mixes":
        """Mix rows of ``x``, which may be inputs, features or embeddings.

        Args:
            x: `[N, ...]`.
            first: int64 `[K]`.
            second: int64 `[K]`.
            share: `[K]` from 0 to 1.

        Raises:
            InputError: Lengths differ, or a share is not from 0 to 1.
        """
        if not first.shape == second.shape == share.shape or share.ndim != 1:
            shapes = [list(one.shape) for one in (first, second, share)]
            raise InputError(f"first, second and share must have one shape [K], got {shapes}")
        check_share(share)
        share = share.to(x)
        wide = share.view(-1, *[1] * (x.ndim - 1))
        return Mixes(wide * x[first] + (1 - wide) * x[second], first, second, share)


def check_share(share: Tensor) -> None:
    """Refuse what is no share of a mix.

    Raises:
        InputError: A number is not from 0 to 1.
    """
    if not bool(((share >= 0) & (share <= 1)).all()):
        raise InputError(f"share must be from 0 to 1, got {share.min().item():g} to {share.max().item():g}")


def mixup(x: Tensor, *, alpha: float, generator: torch.Generator) -> Mixes:
    """Each row of this rank with another, by a random permutation of them, its own share drawn from Beta(alpha, alpha).

    Zhang et al., "mixup: Beyond Empirical Risk Minimization" (2018), arXiv:1710.09412. Collective.

    Args:
        x: `[N, ...]`.
        alpha: At least 0; at 0 every mix is its first row.
        generator: What draws, in the same state on every rank.
    """
    n = len(x)
    share = of_this_rank(n, lambda count: shares(count, alpha=alpha, generator=generator)).to(x.device)
    second = permutation(n, generator=generator).to(x.device)
    return Mixes.of(x, torch.arange(n, device=x.device), second, share)


def interpolated(anchors: Tensor, labels: Tensor, mixes: Mixes) -> Pairs:
    """Anchors against mixes, each positive by what it has of an anchor's class, and negative by the rest.

    Venkataramanan et al., "It Takes Two To Tango: Mixup for Deep Metric Learning" (Metrix, 2022), arXiv:2106.04990,
    Section 3. For a mix v of a positive (share lambda) and a negative of anchor a, an objective of sums over
    positives ``rho+`` and negatives ``rho-`` gets ``lambda rho+(s(a, v)) + (1 - lambda) rho-(s(a, v))``: every mix is
    there twice, with the label of either part and that part as weight. Shares of 1 and 0 are the plain terms. The
    paper adds the loss of these pairs, times 0.4, to that of the rows themselves, and mixes with Beta(2, 2).

    Args:
        anchors: `[N, D]`.
        labels: int `[N]`.
        mixes: Of the anchors, as embeddings, `[K, D]`.

    Raises:
        InputError: There is not one label per anchor.
    """
    if labels.shape != anchors.shape[:1]:
        raise InputError(f"labels must be {len(anchors)} integers, one per anchor, got {list(labels.shape)}")
    same = SameKey(labels, torch.cat([labels[mixes.first], labels[mixes.second]]))
    relation = WeightedCandidates(same, torch.cat([mixes.share, 1 - mixes.share]))
    return Pairs(anchors, torch.cat([mixes.rows, mixes.rows]), relation)
