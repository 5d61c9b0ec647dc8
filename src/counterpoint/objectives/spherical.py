"""The spherical family: losses that see of all classes but the own one no more than a sum and a sum of squares."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_finite, check_positive
from counterpoint.objectives._softmax import positive_terms
from counterpoint.pairwise import Needs, Objective, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class ZLoss(Objective):
    """A softplus of the standardised similarity to the own class: blind to shift and scale of an anchor's outputs.

    Formula, for anchor i of class y with mean ``mu_i`` and standard deviation ``sigma_i`` of its K similarities (K in
    the denominator): ``z_i = (s_iy - mu_i) / sigma_i``, ``loss_i = 1/a log(1 + e^{a (b - z_i)})``; mean over anchors.
    Where all similarities of an anchor are equal up to rounding, z is 0.

    Shapes: anchors `[N, D]`, one weight per class as candidates `[K, D]`, labels `[N]` from 0 to K - 1 (-1: no class).

    Rounding: the variance is ``mean s^2 - mu^2``, in one pass; with similarities of spread sigma around mu its relative
    error is about ``eps mu^2 / sigma^2``.

    Attributes:
        a: Sharpness, positive; the paper tunes it for each data set, 1 here.
        b: Standard deviations that the own class should be above the mean; tuned in the paper too, 2 here. More than
            ``sqrt(K - 1)`` cannot be reached.

    Example:
        >>> import torch
        >>> z, y = torch.eye(5), torch.arange(5)
        >>> round(ZLoss(b=2.0)(z, z, labels=y).item(), 4)  # z = sqrt(4) = 2: log 2
        0.6931
    """

    cites: ClassVar[Citation] = Citation(
        "de Brebisson and Vincent",
        "The Z-loss: a shift and scale invariant classification loss belonging to the Spherical Family",
        2016,
        "arXiv:1604.08859",
        "the definition of the Z-loss",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    prototypes: ClassVar[bool] = True
    a: float = 1.0
    b: float = 2.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("a", self.a)
        check_finite("b", self.b)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: sum, sum of squares and number of all similarities; the own one and whether there is one."""
        yield rows.sum(s_NM, where=rel.compared)
        yield rows.sum(torch.square(s_NM), where=rel.compared)
        yield rows.count(rel.compared, like=s_NM)
        yield from positive_terms(rows, s_NM, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a class."""
        sum_N, squares_N, classes_N, positive_N, count_N = statistics
        mean_N, square_N = sum_N / classes_N, squares_N / classes_N
        variance_N = square_N - mean_N.square()
        # What is left of equal similarities is rounding of their square.
        varies = variance_N > 8 * torch.finfo(variance_N.dtype).eps * square_N
        own_N = positive_N / torch.where(count_N > 0, count_N, 1.0)
        z_N = (own_N - mean_N) / torch.where(varies, variance_N, 1.0).sqrt()
        margin_N = self.a * (self.b - torch.where(varies, z_N, 0.0))
        return self.mean(torch.logaddexp(margin_N, torch.zeros_like(margin_N)) / self.a, count_N)

    def reference(self, s_NM: Tensor, rel: Tile, /) -> Tensor:
        """The definition, anchor by anchor."""
        losses: list[Tensor] = []
        for s, positive, compared in zip(s_NM, rel.positive, rel.compared, strict=True):
            if positive.any():
                z = (s[positive].mean() - s[compared].mean()) / s[compared].std(correction=0)
                losses.append(torch.log(1 + torch.exp(self.a * (self.b - z))) / self.a)
        return torch.stack(losses).mean()


@dataclass(frozen=True, kw_only=True)
class TaylorSoftmax(Objective):
    """Cross-entropy of a softmax whose exponential is its Taylor polynomial of degree two.

    Formula, for anchor i of class y: ``loss_i = -log(f(s_iy / t) / sum_c f(s_ic / t))``, ``f(x) = 1 + x + x^2 / 2``,
    which is at least 1/2; mean over the positives of an anchor, then over anchors.

    Shapes: anchors `[N, D]`, one weight per class as candidates `[K, D]`, labels `[N]` from 0 to K - 1 (-1: no class).

    Attributes:
        temperature: ``t``, positive; 0.1. The paper has outputs without one: 1 with inner products.

    Example:
        >>> import torch
        >>> z, y = torch.eye(3), torch.arange(3)
        >>> round(TaylorSoftmax(temperature=1.0)(z, z, labels=y).item(), 4)  # log(1 + 2 / 2.5)
        0.5878
    """

    cites: ClassVar[Citation] = Citation(
        "de Brebisson and Vincent",
        "An Exploration of Softmax Alternatives Belonging to the Spherical Loss Family",
        2016,
        "arXiv:1511.05042",
        "the Taylor softmax",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    prototypes: ClassVar[bool] = True
    temperature: float = 0.1

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: sum of the polynomial over all classes; its logarithm at the own one, and whether there is one."""
        # ((1 + x)^2 + 1) / 2: no cancellation around x = -1, and never below a half.
        f_NM = (torch.square(1 + s_NM / self.temperature) + 1) / 2
        yield rows.sum(rel.weighted(f_NM), where=rel.compared)
        yield from positive_terms(rows, torch.log(f_NM), rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a class."""
        total_N, positive_N, count_N = statistics
        own_N = positive_N / torch.where(count_N > 0, count_N, 1.0)
        return self.mean(torch.log(total_N) - own_N, count_N)

    def reference(self, s_NM: Tensor, rel: Tile, /) -> Tensor:
        """The definition, anchor by anchor."""
        losses: list[Tensor] = []
        for s, positive, compared in zip(s_NM / self.temperature, rel.positive, rel.compared, strict=True):
            if positive.any():
                f = 1 + s + s**2 / 2
                losses.append(-torch.log(f[positive] / f[compared].sum()).mean())
        return torch.stack(losses).mean()
