"""Spectral contrast: positives attract linearly, negatives repel by the square of their similarity."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._softmax import positive_terms
from counterpoint.pairwise import Needs, Objective, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class SpectralContrastive(Objective):
    """The spectral contrastive loss, whose minimisers are eigenvectors of the graph of augmentations.

    Formula: ``-2 mean_{i, p in P(i)} s_ip + mean_{i, n in N(i)} s_in^2``: means over the positives (negatives) of an
    anchor, then over the anchors that have a positive. An anchor without negatives only attracts.

    The paper's similarity is the inner product of rows as they come (``similarity=Dot()``), which its public code keeps
    from growing by cutting long rows to a length; the default here is their cosine.

    Shapes: anchors `[N, D]`, candidates `[M, D]`.

    Example:
        >>> import torch
        >>> SpectralContrastive()(torch.eye(4), torch.eye(4)).item()
        -2.0
    """

    cites: ClassVar[Citation] = Citation(
        "HaoChen, Wei, Gaidon and others",
        "Provable Guarantees for Self-Supervised Deep Learning with Spectral Contrastive Loss",
        2021,
        "arXiv:2106.04156",
        "Section 3.2, the spectral contrastive loss",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: sum and number of positives; sum of squares and number of negatives."""
        yield from positive_terms(rows, s_NM, rel)
        yield from _negative_squares(s_NM, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over anchors with a positive."""
        positive_N, count_N, square_N, negatives_N = statistics
        attraction_N = positive_N / torch.where(count_N > 0, count_N, 1.0)
        repulsion_N = square_N / torch.where(negatives_N > 0, negatives_N, 1.0)
        return self.mean(repulsion_N - 2 * attraction_N, count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """The two expectations, anchor by anchor."""
        losses: list[Tensor] = []
        for s, positive, negative in zip(s_NM, rel.positive, rel.negative, strict=True):
            if positive.any():
                repulsion = (s[negative] ** 2).mean() if negative.any() else s.new_zeros(())
                losses.append(repulsion - 2 * s[positive].mean())
        return torch.stack(losses).mean()


def _negative_squares(s_NM: Tensor, rel: Tile) -> Terms:
    yield rows.sum(rel.weighted(s_NM**2), where=rel.negative)
    if rel.weight is None:
        yield rows.count(rel.negative, like=s_NM)
    else:
        yield rows.sum(rel.weight, where=rel.negative)
