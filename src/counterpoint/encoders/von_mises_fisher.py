"""Samples on the sphere around a mean direction, which pass gradients on to it."""

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows


def von_mises_fisher(
    mean_ND: Tensor, concentration_N: Tensor, *, samples: int, generator: torch.Generator | None = None
) -> Tensor:
    """Independent samples of von Mises-Fisher distributions, `[N, S, D]` unit rows: what ``MCInfoNCE`` compares.

    The density on the unit sphere is proportional to ``exp(k <m, z>)``, m the mean direction. A sample is ``w m +
    sqrt(1 - w^2) v``: w is drawn by Wood's rejection, all rows at a time, and v is a random direction across m. Ulrich
    (1984), "Computer Generation of Distributions on the M-Sphere"; Wood (1994), "Simulation of the von Mises Fisher
    Distribution".

    The gradient by the mean is exact: the sample turns with it. That by the concentration is through Wood's formula
    for w at the draw that was accepted; what the concentration changes about being accepted is left out, as in the
    public code of MCInfoNCE (Kirchhof, Kasneci and Oh, 2023, arXiv:2302.02865).

    Args:
        mean_ND: Mean directions; of any length, which means nothing. D at least 2.
        concentration_N: Not negative; 0 is the uniform distribution.
        samples: S, how many of each, at least 1.
        generator: Of the random numbers, on the means' device; torch's own state when not given.

    Raises:
        InputError: Shapes, values or the number of samples do not fit.
    """
    _check(mean_ND, concentration_N, samples)
    n, d = mean_ND.shape
    k_NS = concentration_N.to(mean_ND.dtype)[:, None].expand(n, samples)
    w_NS1 = _along(k_NS, d, generator)[..., None]
    mean_N1D = unit_rows(mean_ND)[:, None]
    noise_NSD = _normal((n, samples, d), mean_ND, generator)
    across_NSD = unit_rows(noise_NSD - (noise_NSD * mean_N1D).sum(-1, keepdim=True) * mean_N1D)
    # At w = 1 the root has no derivative; a sample that close is the mean itself.
    return w_NS1 * mean_N1D + (1 - w_NS1.square()).clamp_min(torch.finfo(w_NS1.dtype).tiny).sqrt() * across_NSD


def _along(k_NS: Tensor, d: int, generator: torch.Generator | None) -> Tensor:
    """Cosines of samples with their means, by rejection from an envelope that accepts two draws of three or more."""
    b = (d - 1) / (2 * k_NS + torch.sqrt(4 * k_NS.square() + (d - 1) ** 2))
    with torch.no_grad():
        beta = torch.full_like(b, 0.5)
        todo = torch.ones_like(b, dtype=torch.bool)
        while bool(todo.any()):
            drawn = _beta(int(todo.sum()), d, k_NS, generator)
            kept = _accepted(k_NS[todo], b[todo], drawn, d, generator)
            places = todo.nonzero()[kept].unbind(1)
            beta[places] = drawn[kept]
            todo[places] = False
    return (1 - (1 + b) * beta) / (1 - (1 - b) * beta)


def _beta(count: int, d: int, like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Draws from Beta((D - 1) / 2, (D - 1) / 2): where one coordinate of a uniform unit vector lies."""
    x = _normal((count, d), like, generator)
    return (1 + unit_rows(x)[:, 0]) / 2


def _accepted(k: Tensor, b: Tensor, beta: Tensor, d: int, generator: torch.Generator | None) -> Tensor:
    w = (1 - (1 + b) * beta) / (1 - (1 - b) * beta)
    x = (1 - b) / (1 + b)
    peak = k * x + (d - 1) * torch.log1p(-x.square())
    uniform = torch.rand(k.shape, dtype=k.dtype, device=k.device, generator=generator)
    return k * w + (d - 1) * torch.log1p(-x * w) - peak >= torch.log(uniform)


def _normal(shape: tuple[int, ...], like: Tensor, generator: torch.Generator | None) -> Tensor:
    return torch.randn(shape, dtype=like.dtype, device=like.device, generator=generator)


def _check(mean_ND: Tensor, concentration_N: Tensor, samples: int) -> None:
    if mean_ND.ndim != 2 or mean_ND.shape[1] < 2 or not mean_ND.is_floating_point():
        raise InputError(f"mean_ND must be [N, D] with D at least 2, got {mean_ND.dtype} {list(mean_ND.shape)}")
    if concentration_N.shape != mean_ND.shape[:1]:
        raise InputError(f"concentration_N must hold {len(mean_ND)} numbers, got {list(concentration_N.shape)}")
    k = concentration_N.detach()
    if not bool((torch.isfinite(k) & (k >= 0)).all()):
        raise InputError(f"concentration_N must be finite and not negative, got {k.min().item()} to {k.max().item()}")
    if samples < 1:
        raise InputError(f"samples must be at least 1, got {samples}")
