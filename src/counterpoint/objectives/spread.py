"""Alignment of positives and uniformity on the sphere: the two halves of what contrast optimises."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._softmax import positive_terms, total
from counterpoint.pairwise import Cosine, Needs, Objective, Similarity, Term, Tile, rows

_WANG_ISOLA = (
    "Wang and Isola",
    "Understanding Contrastive Representation Learning through Alignment and Uniformity on the Hypersphere",
    2020,
    "arXiv:2005.10242",
)


@dataclass(frozen=True, kw_only=True)
class Alignment(Objective):
    """Mean distance of positive pairs on the unit sphere.

    Formula: ``mean over anchors of mean_{p in P(i)} |a_i - b_p|^alpha``, with ``|a - b|^2 = 2 - 2 cos(a, b)``.

    Shapes: anchors `[N, D]`, candidates `[M, D]`.

    Attributes:
        alpha: Exponent, positive; 2 as in the paper.

    Example:
        >>> import torch
        >>> round(Alignment()(torch.eye(4), torch.eye(4).flip(0)).item(), 6)
        2.0
    """

    cites: ClassVar[Citation] = Citation(*_WANG_ISOLA, "Section 4.1, the alignment loss")
    needs: ClassVar[Needs] = Needs.POSITIVES
    similarity: Similarity = field(default=Cosine(), init=False, repr=False)
    alpha: float = 2.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("alpha", self.alpha)

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """Per row: sum of powered distances to its positives, and their number."""
        # Rounding can leave a cosine just above one; a tiny floor keeps the power's gradient finite at distance zero.
        squares = (2 - 2 * s_NM).clamp_min(1e-12)
        yield from positive_terms(rows, squares ** (self.alpha / 2), rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over anchors with a positive."""
        distance_N, count_N = statistics
        return self.mean(distance_N / torch.where(count_N > 0, count_N, 1.0), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """The definition, anchor by anchor."""
        distances = torch.sqrt((2 - 2 * s_NM).clamp_min(1e-12)) ** self.alpha
        means = [d[p].mean() for d, p in zip(distances, rel.positive, strict=True) if p.any()]
        return torch.stack(means).mean()


@dataclass(frozen=True, kw_only=True)
class Uniformity(Objective):
    """Logarithm of the mean Gaussian potential of all pairs of rows: smallest when they cover the sphere evenly.

    Formula: ``log mean_{i != j} exp(-t |z_i - z_j|^2)``, with ``|a - b|^2 = 2 - 2 cos(a, b)``.

    Shapes: `[N, D]`, N at least 2, or two views `[N, D]`, whose 2N rows are taken together. Labels change nothing.

    Attributes:
        t: Inverse width of the potential, positive; 2 as in the paper.

    Example:
        >>> import torch
        >>> round(Uniformity(t=2)(torch.eye(4)).item(), 6)
        -4.0
    """

    cites: ClassVar[Citation] = Citation(*_WANG_ISOLA, "Section 4.1, the uniformity loss")
    needs: ClassVar[Needs] = Needs.NOTHING
    joint: ClassVar[bool] = True
    similarity: Similarity = field(default=Cosine(), init=False, repr=False)
    t: float = 2.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("t", self.t)

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """Per row: log-sum of potentials, and the number of pairs."""
        yield rows.lse(rel.log_weighted(-self.t * (2 - 2 * s_NM)), where=rel.compared)
        yield total(rows, rel.compared, s_NM, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Logarithm of the mean over all pairs.

        Raises:
            InputError: There is no pair of different rows.
        """
        lse_N, count_N = statistics
        if not bool((count_N > 0).any()):
            raise InputError("Uniformity needs at least two rows to compare")
        return torch.logsumexp(lse_N, 0) - torch.log(count_N.sum())

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """The definition over the off-diagonal entries."""
        weight = torch.ones_like(s_NM) if rel.weight is None else rel.weight
        potential = torch.exp(-self.t * (2 - 2 * s_NM))
        return torch.log((weight * potential)[rel.compared].sum() / weight[rel.compared].sum())
