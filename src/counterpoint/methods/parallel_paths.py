"""Several embeddings of one input, each good for search, and none telling of the others."""

from dataclasses import dataclass
from itertools import permutations

import torch
from torch import Tensor

from counterpoint.base.checks import check_not_negative, check_positive_number
from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.objectives import CLUB, InfoNCE


@dataclass(frozen=True, kw_only=True)
class ParallelPaths:
    """Contrast on every path, and a bound of the mutual information between paths: the loss of parallel embeddings.

    Formula, for P embeddings a_np of input n and c_np of its partner: ``mean_p InfoNCE(a_p, c_p) + joint
    InfoNCE(mean_p a_p, mean_p c_p) + weight mean_{p != q} [CLUB(a_p, a_q) + CLUB(c_p, c_q)] / 2`` with unit rows in
    CLUB and in the means. The bound's Gaussian is around the other path's embedding itself, where the paper learns a
    network for it: give each path a map of its own before the loss for that.

    Wang, Ju, Chen and others, "Explore More, Learn Better: Parallel MLLM Embeddings under Mutual Information
    Minimization" (2025), arXiv:2511.01588: contrast per path and of their aggregate, and the vCLUB bound.

    Attributes:
        temperature: Of the contrast, positive; 0.07.
        joint: Weight of the contrast of the means, not negative; 1.
        weight: Of the bound, not negative; 0.1. Both weights are this implementation's choice.

    Raises:
        InputError: A setting is out of its range.

    Example:
        >>> z = torch.eye(4)[:, None].expand(4, 2, 4)  # two equal paths: each tells all of the other
        >>> bool(ParallelPaths(weight=1.0)(z, z) > ParallelPaths(weight=0.0)(z, z))
        True
    """

    temperature: float = 0.07
    joint: float = 1.0
    weight: float = 0.1

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive_number("temperature", self.temperature)
        for name in ("joint", "weight"):
            check_not_negative(name, getattr(self, name))

    def __call__(self, anchors: Tensor, candidates: Tensor) -> Tensor:
        """The loss over the global batch, a scalar.

        Args:
            anchors: `[N, P, D]`, P embeddings of each input, at least 2.
            candidates: `[N, P, D]`, of their partners.

        Raises:
            InputError: Shapes do not fit.
        """
        if anchors.shape != candidates.shape or anchors.ndim != 3 or anchors.shape[1] < 2:
            shapes = f"{list(anchors.shape)} and {list(candidates.shape)}"
            raise InputError(f"two sides [N, P, D] of two or more paths are needed, got {shapes}")
        contrast = InfoNCE(temperature=self.temperature)
        a, c = (unit_rows(x) for x in (anchors, candidates))
        paths = range(a.shape[1])
        alone = torch.stack([contrast(a[:, p], c[:, p]) for p in paths]).mean()
        told = [CLUB()(side[:, p], side[:, q]) for side in (a, c) for p, q in permutations(paths, 2)]
        return alone + self.joint * contrast(a.mean(1), c.mean(1)) + self.weight * torch.stack(told).mean()
