"""Kernels: similarities between 0 and 1 that fall with the distance, and mixtures of them."""

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from counterpoint.base.checks import check_positive_number
from counterpoint.base.errors import InputError
from counterpoint.pairwise.euclidean import OfSquaredDistance, root


@dataclass(frozen=True)
class Kernel(OfSquaredDistance):
    """A kernel of the distance, given by its logarithm: mixtures can then be taken without underflow."""

    @abstractmethod
    def log_of(self, q_nm: Tensor) -> Tensor:
        """Logarithm of the kernel at squared distances, finite and with a finite derivative."""

    @final
    def of_squared(self, q_nm: Tensor) -> Tensor:
        """The kernel itself; far pairs underflow to 0, with derivative 0."""
        return self.log_of(q_nm).exp()


@dataclass(frozen=True)
class GaussianKernel(Kernel):
    """A bell around each row.

    Formula: ``s_ij = exp(-|a_i - b_j|^2 / (2 width^2))``, in [0, 1].

    Shapes: anchors `[N, D]`, candidates `[M, D]`.

    Rounding: relative error ``eps (|a|^2 + |b|^2) / width^2``; narrow widths want rows centred around the origin.

    Attributes:
        width: Standard deviation of the bell, positive.

    Raises:
        InputError: ``width`` is not a positive number.

    Example:
        >>> import torch
        >>> bell = GaussianKernel(width=2.0)
        >>> a, b = torch.tensor([[0.0]]), torch.tensor([[0.0], [2.0]])
        >>> [round(s, 4) for s in bell.scores(bell.prepare(a), bell.prepare_candidates(b))[0].tolist()]
        [1.0, 0.6065]
    """

    width: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive_number("width", self.width)

    def log_of(self, q_nm: Tensor) -> Tensor:
        """Minus half the squared distance in units of the width."""
        return q_nm * (-0.5 / self.width**2)


@dataclass(frozen=True)
class LaplacianKernel(Kernel):
    """A peak at each row, with a tail that is longer than the bell's.

    Formula: ``s_ij = exp(-|a_i - b_j| / width)``, in (0, 1], of the Euclidean distance; some libraries take the sum of
    absolute differences instead. At distance zero the derivative is 0, the shortest of its subgradients.

    Shapes: anchors `[N, D]`, candidates `[M, D]`.

    Rounding: that of :class:`NegativeEuclidean`, divided by the width.

    Attributes:
        width: The distance at which the kernel is 1/e, positive.

    Raises:
        InputError: ``width`` is not a positive number.

    Example:
        >>> import torch
        >>> peak = LaplacianKernel(width=2.0)
        >>> a, b = torch.tensor([[0.0]]), torch.tensor([[0.0], [2.0]])
        >>> [round(s, 4) for s in peak.scores(peak.prepare(a), peak.prepare_candidates(b))[0].tolist()]
        [1.0, 0.3679]
    """

    width: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive_number("width", self.width)

    def log_of(self, q_nm: Tensor) -> Tensor:
        """Minus the distance in units of the width."""
        return root(q_nm) / -self.width


@dataclass(frozen=True)
class PowerKernel(Kernel):
    """An exponential of any power of the distance: the smaller the power, the sharper the peak and the longer the tail.

    Formula: ``s_ij = exp(-(|a_i - b_j| / width)^power)``, in (0, 1]; power 1 is :class:`LaplacianKernel`, power 2 a
    bell of standard deviation ``width / sqrt(2)``. In arXiv:2303.15103 ``width^power`` is the temperature. Below
    power 2 the derivative grows without bound towards distance zero, where it counts as 0.

    Shapes: anchors `[N, D]`, candidates `[M, D]`.

    Rounding: that of squared distances, ``eps (|a|^2 + |b|^2)``, raised to half the power.

    Attributes:
        width: The distance at which the kernel is 1/e, positive.
        power: Above 0 and up to 2, where it is a kernel in the strict sense.

    Raises:
        InputError: A setting is out of its range.

    Example:
        >>> import torch
        >>> spike = PowerKernel(width=1.0, power=0.5)
        >>> a, b = torch.tensor([[0.0]]), torch.tensor([[0.0], [4.0]])
        >>> [round(s, 4) for s in spike.scores(spike.prepare(a), spike.prepare_candidates(b))[0].tolist()]
        [1.0, 0.1353]
    """

    width: float = 1.0
    power: float = 0.5

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive_number("width", self.width)
        check_positive_number("power", self.power)
        if self.power > 2:
            raise InputError(f"power must be at most 2, got {self.power}")

    def log_of(self, q_nm: Tensor) -> Tensor:
        """Minus the power of the distance in units of the width."""
        # Below the smallest normal number the derivative of a small power would overflow.
        apart = q_nm > torch.finfo(q_nm.dtype).tiny
        scaled = torch.where(apart, q_nm, 1.0) * self.width**-2
        return -torch.where(apart, scaled ** (self.power / 2), 0.0)


@dataclass(frozen=True)
class KernelMixture(OfSquaredDistance):
    """A weighted sum of kernels, such as bells of several widths, or a bell and a peak; or its logarithm.

    Formula: ``s_ij = sum_k weights_k kernels_k(a_i, b_j)``; with ``log`` its logarithm, with which InfoNCE at
    temperature 1 is the Kernel-InfoNCE of Tan, Zhang, Yang and Yuan, "Contrastive Learning Is Spectral Clustering On
    Similarity Graph" (2023), arXiv:2303.15103: the kernel takes the place of the exponential of a score.

    Shapes: anchors `[N, D]`, candidates `[M, D]`. All kernels share one inner product per pair.

    Attributes:
        kernels: At least one kernel, such as :class:`GaussianKernel`.
        weights: One positive number per kernel; empty means equal ones that sum to 1.
        log: Take the logarithm, by log-sum-exp: pairs that underflow every kernel keep their score and derivative.

    Raises:
        InputError: There is no kernel, or the weights do not fit.

    Example:
        >>> import torch
        >>> both = KernelMixture((GaussianKernel(1.0), LaplacianKernel(1.0)), weights=(0.25, 0.75))
        >>> a, b = torch.tensor([[0.0]]), torch.tensor([[0.0], [1.0]])
        >>> [round(s, 4) for s in both.scores(both.prepare(a), both.prepare_candidates(b))[0].tolist()]
        [1.0, 0.4275]
    """

    kernels: tuple[Kernel, ...]
    weights: tuple[float, ...] = ()
    log: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        check_mixture(self.kernels, self.weights)

    def of_squared(self, q_nm: Tensor) -> Tensor:
        """Log-sum-exp over the kernels, or its exponential."""
        total = log_mixture([kernel.log_of(q_nm) for kernel in self.kernels], self.weights)
        return total if self.log else total.exp()

    def numbers_per_pair(self, a_ND: Tensor, b_MD: Tensor) -> int:
        """One for each kernel."""
        return len(self.kernels)


def check_mixture(kernels: tuple[Kernel, ...], weights: tuple[float, ...]) -> None:
    """Refuse what is no mixture.

    Raises:
        InputError: There is no kernel, or the weights do not fit.
    """
    if not kernels or not all(isinstance(kernel, Kernel) for kernel in kernels):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InputError(f"kernels must hold at least one kernel and nothing else, got {kernels!r}")
    if weights and len(weights) != len(kernels):
        raise InputError(f"{len(weights)} weights for {len(kernels)} kernels")
    for weight in weights:
        check_positive_number("weights", weight)


def log_mixture(logs: list[Tensor], weights: tuple[float, ...]) -> Tensor:
    """Logarithm of a weighted sum, from the logarithms of its parts; no weights are equal ones that sum to 1."""
    given = weights or (1 / len(logs),) * len(logs)
    return torch.stack([part + math.log(weight) for part, weight in zip(logs, given, strict=True)]).logsumexp(0)
