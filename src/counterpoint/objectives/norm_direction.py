"""Norm and direction of a student's features, after its teacher's."""

# torch.linalg is untyped.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.pairwise import Needs, WholeBatch


@dataclass(frozen=True, kw_only=True)
class NormDirection(WholeBatch):
    """Norm and direction of a student's features, from its teacher's.

    Formula: ``mean_n [1 - <s_n, e_n> / max(|s_n|, |t_n|)]``, s the student's and t the teacher's features, e_n the unit
    vector of the class mean of the teacher's. A student that points along e costs less the longer it is, up to the
    teacher's length. Without class means e is the direction of t itself.

    Shapes: `[N, 3, D]`, the student's features, the teacher's and the mean of the class; or the first two `[N, D]`.
    Rows are not normalised, and a teacher's come without gradient.

    Example:
        >>> import torch
        >>> t = torch.tensor([[0.0, 2.0], [2.0, 0.0]])
        >>> NormDirection()(t / 2, t).item()  # the right direction at half the length
        0.5
    """

    cites: ClassVar[Citation] = Citation(
        "Wang, Cheng, Duan and others",
        "Improving Knowledge Distillation via Regularizing Feature Norm and Direction",
        2023,
        "arXiv:2305.17007",
        "the ND loss",
    )
    needs: ClassVar[Needs] = Needs.VIEWS

    def of(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """The mean over rows.

        Raises:
            InputError: There are more than three views.
        """
        if z_NVD.shape[1] > 3:
            raise InputError(f"NormDirection takes student, teacher and class mean, got {z_NVD.shape[1]} views")
        lengths_NV = torch.linalg.vector_norm(z_NVD[:, :2], dim=2)
        longest_N = torch.maximum(lengths_NV[:, 0], lengths_NV[:, 1])
        along_N = (z_NVD[:, 0] * unit_rows(z_NVD[:, -1])).sum(1)
        return (1 - along_N / torch.where(longest_N > 0, longest_N, 1.0)).mean()

    def reference(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """The formula, row by row."""
        losses: list[Tensor] = []
        for views in z_NVD:
            student, teacher, mean = views[0], views[1], views[-1]
            longest = student.norm() if bool(student.norm() > teacher.norm()) else teacher.norm()
            losses.append(1 - student @ (mean / mean.norm()) / longest)
        return torch.stack(losses).mean()
