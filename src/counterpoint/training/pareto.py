"""Two losses on the same weights: the step that lowers both, or neither."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.base.errors import InputError


@dataclass(frozen=True, eq=False)
class Compromise:
    """A loss to go down, and what it is made of.

    Attributes:
        loss: Scalar, of value ``first + second``; its gradient is not that of the sum, see :func:`compromise`.
        share: alpha, of the first loss, in [0, 1].
        agreement: The smaller cosine of the common gradient with the gradients it is made of; 0 where one of them is 0.
    """

    loss: Tensor
    share: float
    agreement: float


def shortest_share(first: Tensor, second: Tensor) -> float:
    """Share alpha for which ``alpha g1 + (1 - alpha) g2`` is shortest, in [0, 1].

    Formula: ``alpha = clip((g2 - g1) . g2 / |g1 - g2|^2, 0, 1)``; 0.5 for equal gradients.

    Sener and Koltun, "Multi-Task Learning as Multi-Objective Optimization" (2018), arXiv:1810.04650, Section 3.3;
    Desideri's multiple-gradient descent for two objectives. The shortest point of the segment has a product with either
    end of at least its own squared length, so a small step along it raises neither loss; it is 0 at Pareto
    stationary points.

    Args:
        first: g1, `[P]`.
        second: g2, `[P]`.

    Raises:
        InputError: Shapes differ, or gradients are not finite.
    """
    if first.ndim != 1 or first.shape != second.shape:
        raise InputError(
            f"first and second must be [P] of one length, got {list(first.shape)} and {list(second.shape)}"
        )
    one, other = first.double(), second.double()
    apart = one - other
    length = float(apart @ apart)
    along = float(-apart @ other)
    if not (torch.isfinite(apart).all() and torch.isfinite(other).all()):
        raise InputError("first and second must be finite gradients, got NaN or infinity")
    return min(1.0, max(0.0, along / length)) if length > 0 else 0.5


def compromise(first: Tensor, second: Tensor, shared: Sequence[Tensor]) -> Compromise:
    """One loss whose gradient by the shared weights is the shortest mix of both gradients.

    By weights that only one of the losses depends on, such as a decoder's, it is that loss's own gradient in full.
    Each loss is differentiated once more than usual; the shared weights get their mix through a linear term without
    a value, so that any optimiser and ``backward`` will do.

    Args:
        first: Scalar.
        second: Scalar.
        shared: Weights that need gradients; one that neither loss depends on stays without.

    Raises:
        InputError: There are no shared weights.
    """
    if not shared:
        raise InputError("shared must hold the weights that both losses depend on, got none")
    one, other = (_flat(loss, shared) for loss in (first, second))
    share = shortest_share(one, other)
    mixed = share * one + (1 - share) * other
    turn = (mixed - one - other).detach()
    weights = torch.cat([weight.reshape(-1) for weight in shared])
    linear = turn @ weights
    loss = first + second + linear - linear.detach()
    return Compromise(loss, share, min(_cosine(mixed, one), _cosine(mixed, other)))


def _flat(loss: Tensor, weights: Sequence[Tensor]) -> Tensor:
    found = torch.autograd.grad(loss, weights, retain_graph=True, allow_unused=True, materialize_grads=True)
    return torch.cat([one.reshape(-1) for one in found])


def _cosine(first: Tensor, second: Tensor) -> float:
    one, other = first.double(), second.double()
    length = float(one.norm() * other.norm())
    return float(one @ other) / length if length > 0 else 0.0
