"""Euclidean distances as inner products of rows that carry their own squared length."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor

from counterpoint.pairwise.similarity import InnerProduct, OfInnerProduct, Similarity


def anchor_features(x_ND: Tensor) -> Tensor:
    """`[2 x | -|x|^2 | 1]`, `[N, D]` to `[N, D + 2]`: with :func:`candidate_features` it makes ``-|a - b|^2``."""
    squares = x_ND.square().sum(1, keepdim=True)
    return torch.cat([2 * x_ND, -squares, torch.ones_like(squares)], 1)


def candidate_features(x_MD: Tensor) -> Tensor:
    """`[x | 1 | -|x|^2]`, `[M, D]` to `[M, D + 2]`."""
    squares = x_MD.square().sum(1, keepdim=True)
    return torch.cat([x_MD, torch.ones_like(squares), -squares], 1)


def no_less_than_zero(q: Tensor) -> Tensor:
    """``max(q, 0)`` with derivative one everywhere, for a number that is negative by rounding alone.

    A plain clamp would take the derivative away from pairs at distance zero, whose own derivative is well defined.
    Costs one temporary, which autograd does not keep.
    """
    return q - q.detach().clamp_max(0)


def root(q: Tensor) -> Tensor:
    """The square root of what is not negative, with derivative 0 at 0, where it has none.

    Of all slopes a distance has at zero this is the shortest, and the average. Elsewhere the derivative is finite down
    to the smallest number there is (its root is 4e-23 in float32).
    """
    above = q > 0
    return torch.where(above, torch.where(above, q, 1.0).sqrt(), 0.0)


@dataclass(frozen=True)
class NegativeSquaredEuclidean(InnerProduct):
    """Nearer is more similar, by the square of the distance.

    Formula: ``s_ij = -|a_i - b_j|^2 = <[2 a_i, -|a_i|^2, 1], [b_j, 1, -|b_j|^2]>``, so that the engine's closed forms
    apply.

    Shapes: anchors `[N, D]`, candidates `[M, D]`.

    Rounding: |a|^2 + |b|^2 - 2 <a, b> cancels where a is near b. The error of a score is a small multiple of
    ``eps (|a|^2 + |b|^2)``, whatever the distance, and a score at distance zero can come out that much above 0. Rows
    far from the origin should be centred, all with the same shift; half precision is computed in float32 throughout.
    Squared lengths overflow where a float32 row is longer than 1e19.

    Example:
        >>> import torch
        >>> near = NegativeSquaredEuclidean()
        >>> a, b = torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0], [0.0, 1.0]])
        >>> near.scores(near.prepare(a), near.prepare_candidates(b)).tolist()
        [[-25.0, -1.0]]
    """

    two_sided: ClassVar[bool] = True

    def prepare(self, x_ND: Tensor) -> Tensor:
        """Rows doubled, with minus their squared length and a one: `[N, D + 2]`."""
        return anchor_features(x_ND)

    def prepare_candidates(self, x_MD: Tensor) -> Tensor:
        """Rows, a one and minus their squared length: `[M, D + 2]`."""
        return candidate_features(x_MD)


@dataclass(frozen=True)
class NegativeSquaredDifference(Similarity):
    """The same number as ``NegativeSquaredEuclidean``, from differences entry by entry: slower, without cancellation.

    Formula: ``s_ij = -sum_d (a_id - b_jd)^2``. For what goes by the logarithm or the inverse of a small distance.

    Shapes: anchors `[N, D]`, candidates `[M, D]`.

    Rounding: the relative error is a small multiple of eps, however near the rows are.

    Example:
        >>> import torch
        >>> near = NegativeSquaredDifference()
        >>> a, b = torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0], [0.0, 1.0]])
        >>> near.scores(near.prepare(a), near.prepare_candidates(b)).tolist()
        [[-25.0, -1.0]]
    """

    def prepare(self, x_ND: Tensor) -> Tensor:
        """Nothing to do."""
        return x_ND

    def scores(self, a_nD: Tensor, b_mD: Tensor) -> Tensor:
        """Minus the square of the distance."""
        return -torch.cdist(a_nD, b_mD, compute_mode="donot_use_mm_for_euclid_dist").square()


@dataclass(frozen=True)
class OfSquaredDistance(OfInnerProduct):
    """s_ij = f(|a_i - b_j|^2); the inner product of prepared rows is minus the squared distance.

    Rounding is that of :class:`NegativeSquaredEuclidean`; a squared distance below zero counts as zero.
    """

    two_sided: ClassVar[bool] = True

    @final
    def prepare(self, x_ND: Tensor) -> Tensor:
        """Rows doubled, with minus their squared length and a one: `[N, D + 2]`."""
        return anchor_features(x_ND)

    @final
    def prepare_candidates(self, x_MD: Tensor) -> Tensor:
        """Rows, a one and minus their squared length: `[M, D + 2]`."""
        return candidate_features(x_MD)

    @final
    def of(self, p_nm: Tensor) -> Tensor:
        """The function f of the squared distance."""
        return self.of_squared(no_less_than_zero(-p_nm))

    @abstractmethod
    def of_squared(self, q_nm: Tensor) -> Tensor:
        """f, entry by entry, of squared distances; its derivative must be finite, at zero too."""


@dataclass(frozen=True)
class NegativeEuclidean(OfSquaredDistance):
    """Nearer is more similar, by the distance itself.

    Formula: ``s_ij = -|a_i - b_j|``. At distance zero the derivative is 0, the shortest of its subgradients.

    Shapes: anchors `[N, D]`, candidates `[M, D]`.

    Rounding: the error of a distance d is about ``eps (|a|^2 + |b|^2) / d``; near zero it is at most
    ``sqrt(eps) (|a| + |b|)``, in float32 a few parts in ten thousand of the rows' lengths.

    Example:
        >>> import torch
        >>> near = NegativeEuclidean()
        >>> a, b = torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0], [0.0, 1.0]])
        >>> near.scores(near.prepare(a), near.prepare_candidates(b)).tolist()
        [[-5.0, -1.0]]
    """

    def of_squared(self, q_nm: Tensor) -> Tensor:
        """Minus the root."""
        return -root(q_nm)
