"""Coding rate: how many bits it takes to write the rows down to a given precision, and so how much room they fill."""

# torch.linalg is untyped.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Needs, WholeBatch

_MCR2 = (
    "Yu, Chan, You and others",
    "Learning Diverse and Discriminative Representations via the Principle of Maximal Coding Rate Reduction",
    2020,
    "arXiv:2006.08558",
)


def _rate(z_ND: Tensor, eps: float | Tensor) -> Tensor:
    """``1/2 logdet(I + D / (N eps^2) Z^T Z)``, by the Cholesky factor: no eigenvalue is below 1."""
    n, d = z_ND.shape
    eye = torch.eye(d, dtype=z_ND.dtype, device=z_ND.device)
    return torch.linalg.cholesky(eye + d / (n * eps**2) * (z_ND.T @ z_ND)).diagonal().log().sum()


def _printed(z_ND: Tensor, eps: float | Tensor) -> Tensor:
    n, d = z_ND.shape
    second = sum(torch.outer(z, z) for z in z_ND)
    return torch.logdet(torch.eye(d, dtype=z_ND.dtype) + d / (n * eps**2) * second) / 2


@dataclass(frozen=True, kw_only=True)
class CodingRate(WholeBatch):
    """Minus the coding rate of unit rows: smallest when they fill all directions alike.

    Formula: ``-R(Z) = -1/2 logdet(I + D / (N eps^2) Z^T Z)`` of rows scaled to unit length; of several views, the mean.
    It is the term that keeps SimDINO and EMP-SSL from collapse: ``WeightedSum(losses=(NegativeCosine(), CodingRate()),
    ...)``.

    Shapes: `[N, D]`, two views `[N, D]`, or `[N, V, D]`.

    Attributes:
        eps: Precision, positive; 0.5. (Public code often calls its square by this name.)

    Example:
        >>> import torch
        >>> round(CodingRate(eps=1.0)(torch.eye(4)).item(), 4)  # -2 log 2
        -1.3863
    """

    cites: ClassVar[Citation] = Citation(*_MCR2, "the coding rate R(Z, eps)")
    needs: ClassVar[Needs] = Needs.NOTHING
    eps: float = 0.5

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("eps", self.eps)

    def of(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """The mean over views."""
        return -torch.stack([_rate(view, self.eps) for view in unit_rows(z_NVD).unbind(1)]).mean()

    def reference(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """The definition, view by view."""
        views = torch.nn.functional.normalize(z_NVD, dim=2).unbind(1)
        return -torch.stack([_printed(view, self.eps) for view in views]).mean()


@dataclass(frozen=True, kw_only=True)
class RateReduction(WholeBatch):
    """Maximal coding rate reduction: all rows together fill much room, those of one class little.

    Formula: ``-(R(Z) - sum_k N_k / N R(Z_k))`` with ``R(Z) = 1/2 logdet(I + D / (N eps^2) Z^T Z)`` of unit rows, Z_k
    the N_k rows of class k. Rows of a negative label belong to no class. Views of an example are further rows.

    Shapes: `[N, D]`, two views `[N, D]`, or `[N, V, D]`, with labels `[N]`.

    Attributes:
        eps: Precision, positive; the root of 0.5, as the paper's ``eps^2`` is 0.5. (Its code calls the square ``eps``.)

    Example:
        >>> import torch
        >>> z, y = torch.eye(2).repeat(2, 1), torch.tensor([0, 1, 0, 1])
        >>> round(RateReduction(eps=1.0)(z, labels=y).item(), 4)  # -(log 2 - 1/2 log 3)
        -0.1438
    """

    cites: ClassVar[Citation] = Citation(*_MCR2, "the rate reduction Delta R")
    needs: ClassVar[Needs] = Needs.LABELS
    eps: float = 0.5**0.5

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("eps", self.eps)

    def of(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """Rate of all rows less the mean rate of classes.

        Raises:
            InputError: There are no labels.
        """
        if labels_N is None:
            raise InputError("RateReduction needs labels: they say which rows should take little room")
        views = z_NVD.shape[1]
        z_ND, labels = unit_rows(z_NVD).flatten(0, 1), labels_N.repeat_interleave(views)
        kept = _rate(z_ND, self.eps)
        for k in labels.unique().tolist():
            if k >= 0:
                own = z_ND[labels == k]
                kept = kept - len(own) / len(z_ND) * _rate(own, self.eps)
        return -kept

    def reference(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """The definition over all views of every class."""
        assert labels_N is not None
        z_NVD = torch.nn.functional.normalize(z_NVD, dim=2)
        whole = _printed(torch.cat(list(z_NVD)), self.eps)
        classes = {y for y in labels_N.tolist() if y >= 0}
        parts = [
            float((labels_N == y).double().mean()) * _printed(torch.cat(list(z_NVD[labels_N == y])), self.eps)
            for y in classes
        ]
        return sum(parts, start=torch.zeros_like(whole)) - whole
