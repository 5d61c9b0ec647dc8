"""Hyperbolic distances, in the Poincare ball and on the hyperboloid: room for trees."""

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor

from counterpoint.base.checks import check_positive_number
from counterpoint.base.numerics import shortened_rows
from counterpoint.pairwise.euclidean import anchor_features, candidate_features, no_less_than_zero, root
from counterpoint.pairwise.similarity import OfInnerProduct


def margin(dtype: torch.dtype) -> float:
    """How far points are kept from the border of the unit ball: ``8 sqrt(eps)``, 2.8e-3 in float32.

    The argument of arccosh carries an error of eps / (1 - |y|)^2, which this keeps below a few hundredths. It costs
    room: in float32 no point is further than 6.6 from the centre (16.6 in float64).
    """
    return 8 * torch.finfo(dtype).eps ** 0.5


@dataclass(frozen=True)
class _NegativeGeodesic(OfInnerProduct):
    """Minus the geodesic distance of points y of the unit ball, ``arccosh(1 + z) / sqrt(curvature)``.

    ``z = 2 |y - y'|^2 / ((1 - |y|^2) (1 - |y'|^2))`` is minus the inner product of prepared rows. Of the equivalent
    forms this one loses least: its error is relative to |y|^2, where the hyperboloid's own is relative to 1 + |x|^2.
    """

    two_sided: ClassVar[bool] = True
    curvature: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive_number("curvature", self.curvature)

    @abstractmethod
    def in_unit_ball(self, x_ND: Tensor) -> tuple[Tensor, Tensor]:
        """Points y `[N, D]` of the unit ball, and ``1 / (1 - |y|^2)`` `[N, 1]`."""

    @final
    def prepare(self, x_ND: Tensor) -> Tensor:
        """Features of -z: `[N, D + 2]`."""
        y_ND, stretch_N1 = self.in_unit_ball(x_ND)
        return anchor_features(y_ND) * (math.sqrt(2) * stretch_N1)

    @final
    def prepare_candidates(self, x_MD: Tensor) -> Tensor:
        """Features of -z: `[M, D + 2]`."""
        y_MD, stretch_M1 = self.in_unit_ball(x_MD)
        return candidate_features(y_MD) * (math.sqrt(2) * stretch_M1)

    @final
    def of(self, p_nm: Tensor) -> Tensor:
        """arccosh(1 + z) as 2 arcsinh(sqrt(z / 2)), which does not lose small z beside the 1."""
        return torch.asinh(root(no_less_than_zero(-p_nm) / 2)) * (-2 / math.sqrt(self.curvature))


@dataclass(frozen=True)
class NegativePoincare(_NegativeGeodesic):
    """Minus the geodesic distance of points of the Poincare ball.

    Formula, with c the curvature's absolute value:
    ``s_ij = -arccosh(1 + 2 c |a_i - b_j|^2 / ((1 - c |a_i|^2) (1 - c |b_j|^2))) / sqrt(c)``
    (Nickel and Kiela, "Poincare Embeddings for Learning Hierarchical Representations" (2017), arXiv:1705.08039, Eq. 1,
    where c = 1). At distance zero the derivative is 0.

    Shapes: anchors `[N, D]`, candidates `[M, D]`; points with ``|x| < 1 / sqrt(c)``. Rows beyond that, or within
    ``8 sqrt(eps)`` (relative) of it, are drawn back along their radius; they learn a direction but no length. An
    encoder whose rows are any vectors wants :class:`NegativeLorentz`.

    Rounding: with ``z`` the fraction above, its error is ``c eps (|a|^2 + |b|^2) / ((1 - c |a|^2) (1 - c |b|^2))``,
    and a distance near zero has the root of that: harmless inside, up to 0.4 between coincident points at the border.

    Attributes:
        curvature: ``c``, positive: the space has curvature -c.

    Raises:
        InputError: ``curvature`` is not a positive number.

    Example:
        >>> import torch
        >>> ball = NegativePoincare()
        >>> a, b = torch.tensor([[0.0, 0.0]]), torch.tensor([[0.0, 0.0], [0.5, 0.0]])
        >>> [round(-s, 4) for s in ball.scores(ball.prepare(a), ball.prepare_candidates(b))[0].tolist()]
        [0.0, 1.0986]
    """

    def in_unit_ball(self, x_ND: Tensor) -> tuple[Tensor, Tensor]:
        """Rows in units of the radius, drawn back from the border."""
        y_ND = x_ND * math.sqrt(self.curvature)
        y_ND = shortened_rows(y_ND, 1 - margin(x_ND.dtype))
        return y_ND, 1 / (1 - y_ND.square().sum(1, keepdim=True))


@dataclass(frozen=True)
class NegativeLorentz(_NegativeGeodesic):
    """Minus the geodesic distance on the hyperboloid; any vector is a point of it.

    Formula, with c the curvature's absolute value: ``s_ij = -arccosh(-c <a_i, b_j>_L) / sqrt(c)``, where
    ``<a, b>_L = <a, b> - sqrt(1/c + |a|^2) sqrt(1/c + |b|^2)`` and rows hold the space components. With ``tangent``
    rows v are tangent vectors at the origin, put on the hyperboloid by the exponential map,
    ``sinh(sqrt(c) |v|) v / (sqrt(c) |v|)``, as in Desai, Nickel, Rajpurohit, Johnson and Vedantam, "Hyperbolic
    Image-Text Representations" (2023), arXiv:2304.09172, Eq. 3 to 7. The ball's exponential map at its centre,
    ``tanh(sqrt(c) |v|) v / (sqrt(c) |v|)``, gives the same distances for rows half as long. At distance zero the
    derivative is 0.

    Shapes: anchors `[N, D]`, candidates `[M, D]`.

    Rounding: computed in the ball, as :class:`NegativePoincare`: near the origin errors are relative to c |x|^2, far
    out they grow as ``eps c |a| |b|``. Tangent vectors are shortened to ``log(2 / (8 sqrt(eps)))`` (6.6 in float32) in
    units of 1 / sqrt(c); beyond it they learn a direction but no length.

    Attributes:
        curvature: ``c``, positive: the space has curvature -c.
        tangent: Rows are tangent vectors at the origin.

    Raises:
        InputError: ``curvature`` is not a positive number.

    Example:
        >>> import torch
        >>> far = NegativeLorentz(tangent=True)
        >>> a, b = torch.tensor([[0.0, 0.0]]), torch.tensor([[0.0, 0.0], [0.0, 3.0]])
        >>> [round(-s, 4) for s in far.scores(far.prepare(a), far.prepare_candidates(b))[0].tolist()]
        [0.0, 3.0]
    """

    tangent: bool = False

    def in_unit_ball(self, x_ND: Tensor) -> tuple[Tensor, Tensor]:
        """The hyperboloid seen from below: y = x / (1 + sqrt(1 + |x|^2)), which needs no difference near the border."""
        x_ND = x_ND * math.sqrt(self.curvature)
        if self.tangent:
            x_ND = shortened_rows(x_ND, math.log(2 / margin(x_ND.dtype)))
            x_ND = x_ND * _sinh_over(x_ND.square().sum(1, keepdim=True))
        above_N1 = 1 + torch.sqrt(1 + x_ND.square().sum(1, keepdim=True))
        return x_ND / above_N1, above_N1 / 2


def _sinh_over(q: Tensor) -> Tensor:
    """sinh(r) / r of q = r^2, smooth at 0.

    Below r = 1/2 the quotient's derivative would cancel, so its series takes over, whose eighth term is below 1e-16.
    """
    small = q < 0.25
    r = torch.where(small, 1.0, q).sqrt()
    series = torch.ones_like(q)
    inner = torch.where(small, q, 0.0)
    for k in range(7, 0, -1):
        series = 1 + series * inner / (2 * k * (2 * k + 1))
    return torch.where(small, series, torch.sinh(r) / r)
