"""Slices through the loss surface along directions that are measured filter by filter."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks

Direction = list[Tensor]
"""One tensor per parameter, in the order of ``model.parameters()``."""


def random_direction(model: nn.Module, *, seed: int, filter_normalised: bool = True) -> Direction:
    """A Gaussian direction; each filter gets the length that the model's filter has.

    Formula: ``d_i <- d_i / |d_i| * |w_i|`` for every slice i along the first axis of a weight of two axes or more.
    Biases and the scales of norms do not move. A network that is the same function with larger weights then has the
    same slice.

    Li, Xu, Taylor, Studer and Goldstein, "Visualizing the Loss Landscape of Neural Nets" (2018), arXiv:1712.09913,
    Section 4.

    Args:
        model: Whose parameters tell shapes and lengths.
        seed: Of the direction.
        filter_normalised: Give filters their lengths; without it only shapes matter, as in older plots.
    """
    generator = torch.Generator().manual_seed(seed)
    drawn = [torch.randn(one.shape, generator=generator).to(one) for one in model.parameters()]
    moved = [step if one.dim() > 1 else step * 0 for step, one in zip(drawn, model.parameters(), strict=True)]
    if not filter_normalised:
        return moved
    return [_as_long(step, one.detach()) for step, one in zip(moved, model.parameters(), strict=True)]


def trajectory_directions(points: Sequence[Sequence[Tensor]]) -> tuple[list[Direction], np.ndarray, np.ndarray]:
    """The two principal directions of a path of training, and where it runs in their plane.

    Args:
        points: The parameters at three or more times; the last is where training ended.

    Returns:
        Two orthogonal directions of length 1 (over all parameters), places `[T, 2]` with the end at the origin, and
        the share of the squared distances from the end that each direction holds `[2]`.

    Raises:
        InputError: Fewer than three points, or a path along one line.
    """
    checks.at_least("the number of points", len(points), 3)
    flat = torch.stack([torch.cat([one.detach().flatten().double() for one in point]) for point in points])
    moves = (flat - flat[-1])[:-1]
    left, value, right = torch.linalg.svd(moves, full_matrices=False)
    if not value[1] > 1e-10 * value[0]:
        raise InputError("the path of training lies on one line; it has no plane")
    places = torch.cat([left[:, :2] * value[:2], torch.zeros(1, 2, dtype=left.dtype)]).numpy()
    share = (value.square() / value.square().sum())[:2].numpy()
    sizes = [one.numel() for one in points[-1]]
    directions = [
        [part.view_as(one).to(one) for part, one in zip(axis.split(sizes), points[-1], strict=True)]
        for axis in right[:2]
    ]
    return directions, places, share


def loss_slice(
    model: nn.Module,
    loss: Callable[[nn.Module], Tensor],
    directions: Sequence[Direction],
    offsets: Sequence[float] | np.ndarray,
) -> np.ndarray:
    """The loss along one direction `[A]`, or over a plane `[A, A]`, around the model as it is.

    The model is left as it was found, its buffers too.

    Args:
        model: Where the slice goes through.
        loss: From the moved model to a scalar; it decides the mode that norms are in.
        directions: One or two.
        offsets: How far along each; 0 is the model itself.

    Raises:
        InputError: Not one or two directions, or no offsets.
    """
    if len(directions) not in (1, 2) or not len(offsets):
        raise InputError(f"a slice needs 1 or 2 directions and offsets, got {len(directions)} and {len(offsets)}")
    kept = {name: one.clone() for name, one in model.state_dict().items()}
    start = [one.detach().clone() for one in model.parameters()]
    grid = np.stack(np.meshgrid(*[np.asarray(offsets, dtype=np.float64)] * len(directions), indexing="ij"), axis=-1)
    values = np.empty(grid.shape[:-1])
    try:
        with torch.no_grad():
            for place in np.ndindex(values.shape):
                for number, (one, first) in enumerate(zip(model.parameters(), start, strict=True)):
                    steps = [float(far) * step[number] for far, step in zip(grid[place], directions, strict=True)]
                    one.copy_(sum(steps, first))
                values[place] = float(loss(model))
    finally:
        model.load_state_dict(kept)
    return values


def non_convexity(values: np.ndarray) -> float:
    """Share of all bending of a slice that is downward: 0 for a convex slice, 1 for a concave one.

    Formula: ``sum max(-c, 0) / sum |c|`` over the second differences ``c`` along every axis.

    Args:
        values: `[A]` or `[A, B]`, three points or more along each axis.

    Raises:
        InputError: Too few points, values that are not finite, or a slice that does not bend.
    """
    values = np.asarray(values, dtype=np.float64)
    if min(values.shape, default=0) < 3 or not np.isfinite(values).all():
        raise InputError(f"values must be finite, with 3 points or more along each axis, got shape {values.shape}")
    bends = np.concatenate([np.diff(values, 2, axis=axis).ravel() for axis in range(values.ndim)])
    total = np.abs(bends).sum()
    if not total > 0:
        raise InputError("the non-convexity is undefined: the slice does not bend")
    return float(np.clip(-bends, 0, None).sum() / total)


def _as_long(step: Tensor, weight: Tensor) -> Tensor:
    if weight.dim() < 2:
        return step
    length, wanted = (one.flatten(1).norm(dim=1) for one in (step, weight))
    return step * (wanted / length.clamp_min(torch.finfo(step.dtype).tiny)).view(-1, *[1] * (step.dim() - 1))
