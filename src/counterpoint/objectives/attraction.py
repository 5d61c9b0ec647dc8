"""Attraction and repulsion, each contrasted within its own group."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_finite
from counterpoint.pairwise import STAGE, Cosine, Needs, Objective, Similarity, Staged, Tile, rows


@dataclass(frozen=True, kw_only=True)
class CACR(Objective):
    """Contrastive attraction and contrastive repulsion: distant positives are pulled most, near negatives pushed most.

    Formula, for anchor i with costs ``c_ij = 2 - 2 s_ij`` (the squared distance of unit rows):
    ``loss_i = sum_{p in P(i)} w+_p c_ip - sum_{n in N(i)} w-_n c_in`` with ``w+ = softmax over P(i) of t+ c_ip`` and
    ``w- = softmax over N(i) of -t- c_in``; mean over anchors. The weights are differentiated, as in the public code.
    Positives tell their weights apart only where an anchor has several. With ``t+ = t- = 0`` it is the difference of
    two means.

    Shapes: anchors `[N, D]`, candidates `[M, D]`; several views of each anchor by ``relation`` or ``labels``.

    Attributes:
        attraction: ``t+``, how much distant positives stand out; 1 as in the public code.
        repulsion: ``t-``, how much near negatives stand out; 0.9 as in the public code for CIFAR-10.

    Example:
        >>> import torch
        >>> round(CACR()(torch.eye(4), torch.eye(4)).item(), 6)  # positives at 0, all negatives at squared distance 2
        -2.0
    """

    cites: ClassVar[Citation] = Citation(
        "Zheng, Chen, Yao and others",
        "Contrastive Attraction and Contrastive Repulsion for Representation Learning",
        2021,
        "arXiv:2105.03746",
        "the empirical CACR loss, with the squared Euclidean cost",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES | Needs.NEGATIVES
    similarity: Similarity = field(default=Cosine(), init=False, repr=False)
    attraction: float = 1.0
    repulsion: float = 0.9

    def __post_init__(self) -> None:
        """Check the settings."""
        check_finite("attraction", self.attraction)
        check_finite("repulsion", self.repulsion)

    def terms(self, s_NM: Tensor, rel: Tile) -> Staged:
        """Per row: the normalisers of both weights, then both weighted sums of costs."""
        cost = 2 - 2 * s_NM
        far = rel.log_weighted(self.attraction * cost)
        near = rel.log_weighted(-self.repulsion * cost)
        yield rows.lse(far, where=rel.positive)
        yield rows.lse(near, where=rel.negative)
        yield rows.count(rel.positive, like=s_NM)
        far_N1, near_N1, _ = yield STAGE
        yield rows.sum(_share(far, far_N1, rel.positive) * cost, where=rel.positive)
        yield rows.sum(_share(near, near_N1, rel.negative) * cost, where=rel.negative)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a positive.

        Raises:
            InputError: An anchor has no negative.
        """
        _, near_N, count_N, attracted_N, repelled_N = statistics
        if bool((near_N == -torch.inf).any()):
            raise InputError("CACR needs at least one negative for every anchor, and some anchor has none")
        return self.mean(attracted_N - repelled_N, count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Both conditional distributions written out, anchor by anchor."""
        losses: list[Tensor] = []
        for s, positive, negative in zip(s_NM, rel.positive, rel.negative, strict=True):
            if positive.any():
                to_positives, to_negatives = 2 - 2 * s[positive], 2 - 2 * s[negative]
                attracted = torch.softmax(self.attraction * to_positives, 0) @ to_positives
                repelled = torch.softmax(-self.repulsion * to_negatives, 0) @ to_negatives
                losses.append(attracted - repelled)
        return torch.stack(losses).mean()


def _share(logits_NM: Tensor, lse_N1: Tensor, where: Tensor) -> Tensor:
    """Softmax within a group; what is outside of it would overflow."""
    return torch.where(where, logits_NM - lse_N1, 0.0).exp()
