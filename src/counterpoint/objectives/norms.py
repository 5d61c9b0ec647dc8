"""Lengths of rows, kept near one number."""

# torch.linalg is untyped.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Needs, WholeBatch


@dataclass(frozen=True, kw_only=True)
class UnitLength(WholeBatch):
    """Mean squared deviation of the length of rows from a number: rows are kept near a sphere.

    Formula: ``1/N sum_n (|z_n| - radius)^2``; of several views, the mean.

    Shapes: `[N, D]`, two views `[N, D]`, or `[N, V, D]`. Rows are not normalised.

    Attributes:
        radius: Positive; 1.

    Example:
        >>> import torch
        >>> UnitLength()(torch.tensor([[3.0, 4.0], [0.0, 1.0]])).item()
        8.0
    """

    cites: ClassVar[Citation] = Citation(
        "Mordacq, Loiseaux, Kalogeiton and others",
        "T-REGS: Minimum Spanning Tree Regularization for Self-Supervised Learning",
        2025,
        "arXiv:2510.23484",
        "the sphere term of the loss",
    )
    needs: ClassVar[Needs] = Needs.NOTHING
    radius: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("radius", self.radius)

    def of(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """The mean over rows and views."""
        return (torch.linalg.vector_norm(z_NVD, dim=2) - self.radius).square().mean()

    def reference(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """The definition, row by row."""
        lengths = [torch.sqrt((z * z).sum()) for view in z_NVD.unbind(1) for z in view]
        return torch.stack([(length - self.radius) ** 2 for length in lengths]).mean()
