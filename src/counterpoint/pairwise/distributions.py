"""Rows that are distributions: diagonal Gaussians and von Mises-Fisher densities on the sphere."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.bessel import log_growth
from counterpoint.base.errors import InputError
from counterpoint.pairwise.euclidean import no_less_than_zero
from counterpoint.pairwise.similarity import InnerProduct, Similarity


@dataclass(frozen=True)
class NegativeKL(InnerProduct):
    """Minus the Kullback-Leibler divergence of diagonal Gaussians, from the anchor's to the candidate's.

    Formula, with means m, log-variances l, and sums over the D' dimensions:
    ``s_ij = -KL(a_i || b_j) = 1/2 sum (1 + l_a - l_b - (exp(l_a) + (m_a - m_b)^2) / exp(l_b))``, at most 0. It is an
    inner product of ``[exp(l_a) + m_a^2, m_a, D' + sum l_a, 1]`` with functions of the candidate, so that the engine's
    closed forms apply. The divergence has a direction: swap anchors and candidates for the other one.

    Shapes: anchors `[N, 2 D']`, candidates `[M, 2 D']`; a row holds D' means, then D' log-variances.

    Rounding: the square is expanded, so the error of a score is a small multiple of
    ``eps sum (exp(l_a) + m_a^2 + m_b^2) / exp(l_b)``, and equal distributions can come out that much above 0: variances
    should not be tiny beside the squared means. Log-variances beyond +-40 in float32 (+-350 in float64) count as 40
    and get no gradient: the ratio of two variances, summed over a row, cannot overflow.

    Raises:
        InputError: The width of the rows is odd.

    Example:
        >>> import torch
        >>> kl = NegativeKL()
        >>> a, b = torch.tensor([[0.0, 0.0]]), torch.tensor([[0.0, 0.0], [2.0, 0.0]])
        >>> kl.scores(kl.prepare(a), kl.prepare_candidates(b)).tolist()
        [[0.0, -2.0]]
    """

    two_sided: ClassVar[bool] = True

    def prepare(self, x_ND: Tensor) -> Tensor:
        """`[N, 2 D']` to `[N, 2 D' + 2]`: second moments, means, ``D' + sum l``, and a one."""
        mean, log_variance = _means_and_log_variances(x_ND)
        sums = (1 + log_variance).sum(1, keepdim=True)
        return torch.cat([log_variance.exp() + mean.square(), mean, sums, torch.ones_like(sums)], 1)

    def prepare_candidates(self, x_MD: Tensor) -> Tensor:
        """`[M, 2 D']` to `[M, 2 D' + 2]`: what the anchors' numbers are multiplied by."""
        mean, log_variance = _means_and_log_variances(x_MD)
        precision = (-log_variance).exp()
        scaled = mean * precision
        own = (log_variance + mean * scaled).sum(1, keepdim=True)
        return torch.cat([-precision / 2, scaled, torch.full_like(own, 0.5), -own / 2], 1)


def _means_and_log_variances(x_ND: Tensor) -> tuple[Tensor, Tensor]:
    if x_ND.shape[1] % 2:
        raise InputError(f"a Gaussian's row holds means, then as many log-variances: its width {x_ND.shape[1]} is odd")
    mean, log_variance = x_ND.chunk(2, 1)
    limit = 40.0 if x_ND.dtype == torch.float32 else 350.0
    return mean, log_variance.clamp(-limit, limit)


@dataclass(frozen=True)
class VonMisesFisherLikelihood(Similarity):
    """Expected likelihood of von Mises-Fisher densities: how probable it is that both mean the same point.

    Formula: ``s_ij = log integral vMF(z; a_i) vMF(z; b_j) dz = log C(|a_i|) + log C(|b_j|) - log C(|a_i + b_j|)`` over
    the unit sphere, where a row x is the density ``C(|x|) exp(<x, z>)`` with mean ``x / |x|`` and concentration
    ``|x|``, and ``C(k) = k^(D/2-1) / ((2 pi)^(D/2) I_(D/2-1)(k))``. A row of zeros is the uniform density. Used for
    uncertain embeddings by Kirchhof, Kasneci and Oh, "Probabilistic Contrastive Learning Recovers the Correct
    Aleatoric Uncertainty of Ambiguous Inputs" (2023), arXiv:2302.02865.

    Shapes: anchors `[N, D]`, candidates `[M, D]`. With D = 1 the sphere is the two points -1 and 1.

    Rounding: the error of a score is a small multiple of ``eps (|a| + |b|)``. Where opposite means cancel it grows to
    ``eps (|a| + |b|)^2 / |a + b|``, at most ``sqrt(eps) (|a| + |b|)``, on scores of about ``-|a| - |b|``. The Bessel
    function is evaluated as a smooth function of squared lengths, so that derivatives are finite everywhere.

    Attributes:
        relative: Take densities relative to the uniform one, which adds the logarithm of the sphere's area and makes
            the score 0 when either row is uniform. No softmax sees the difference; objectives with an absolute
            threshold do, and in high dimensions the area's logarithm is hundreds, which costs digits.

    Example:
        >>> import torch
        >>> same = VonMisesFisherLikelihood(relative=True)
        >>> a, b = torch.tensor([[5.0, 0.0]]), torch.tensor([[5.0, 0.0], [0.0, 0.0], [-5.0, 0.0]])
        >>> [round(s, 3) + 0.0 for s in same.scores(same.prepare(a), same.prepare_candidates(b))[0].tolist()]
        [1.334, 0.0, -6.609]
    """

    two_sided: ClassVar[bool] = True
    relative: bool = False

    def prepare(self, x_ND: Tensor) -> Tensor:
        """`[2 x | |x|^2 | 1 | log C]`, `[N, D]` to `[N, D + 3]`, with C relative to that of the uniform density."""
        squares, density = _squares_and_log_density(x_ND)
        return torch.cat([2 * x_ND, squares, torch.ones_like(squares), density], 1)

    def prepare_candidates(self, x_MD: Tensor) -> Tensor:
        """`[x | 1 | |x|^2 | log C]`, with the area of the sphere in the last unless ``relative``."""
        squares, density = _squares_and_log_density(x_MD)
        if not self.relative:
            density = density - _log_area(x_MD.shape[1])
        return torch.cat([x_MD, torch.ones_like(squares), squares, density], 1)

    def scores(self, a_nD: Tensor, b_mD: Tensor) -> Tensor:
        """Growth of the Bessel function at |a + b|, and the two rows' own densities."""
        squares_nm = no_less_than_zero(a_nD[:, :-1] @ b_mD[:, :-1].T)
        return log_growth(squares_nm, _order(a_nD.shape[1] - 3)) + a_nD[:, -1:] + b_mD[:, -1]

    def numbers_per_pair(self, a_ND: Tensor, b_MD: Tensor) -> int:
        """The Bessel function's temporaries."""
        return 8


def _squares_and_log_density(x_ND: Tensor) -> tuple[Tensor, Tensor]:
    """``|x|^2`` and ``log(C(|x|) / C(0))``, each `[N, 1]`."""
    squares = x_ND.square().sum(1, keepdim=True)
    return squares, -log_growth(squares, _order(x_ND.shape[1]))


def _order(dimensions: int) -> float:
    return dimensions / 2 - 1


def _log_area(dimensions: int) -> float:
    """Of the unit sphere in that many dimensions: ``2 pi^(D/2) / Gamma(D/2)``."""
    return math.log(2) + dimensions / 2 * math.log(math.pi) - math.lgamma(dimensions / 2)
