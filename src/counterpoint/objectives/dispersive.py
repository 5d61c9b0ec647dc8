"""Dispersion: what contrastive losses leave when their positive term is taken away, on representations as they are."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import relu

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import EachView, Needs, Terms, Tile, rows

_WANG_HE = (
    "Wang and He",
    "Diffuse and Disperse: Image Generation with Representation Regularization",
    2025,
    "arXiv:2506.09027",
)


def _check_pairs(count_NV: Tensor, kind: str) -> None:
    if not bool((count_NV > 0).any()):
        raise InputError(f"{kind} needs at least two rows to compare")


@dataclass(frozen=True, kw_only=True)
class Dispersive(EachView):
    """Dispersive loss, InfoNCE variant: logarithm of the mean potential of all pairs of rows.

    Formula: ``log mean_{i != j} exp(s_ij / temperature)``, where ``-s`` is the paper's distance; of several views, the
    mean of what each has by itself. The default is the paper's negative cosine; its squared distances are
    ``similarity=NegativeSquaredEuclidean()``, which the public code divides by D: ``temperature=D`` here. The paper's
    mean has i = j too, which turns a loss L of N rows into ``log(((N - 1) exp(L) + 1) / N)`` for distances. With
    squared distances of unit rows and temperature 1/t it is ``Uniformity``.

    Shapes: `[N, D]`, two views `[N, D]`, or `[N, V, D]`; N at least 2. Other shapes are flattened by the caller.

    Attributes:
        temperature: What similarities are divided by, positive; 0.5 as in the paper.

    Example:
        >>> import torch
        >>> from counterpoint.pairwise import NegativeSquaredEuclidean
        >>> Dispersive(similarity=NegativeSquaredEuclidean(), temperature=0.5)(torch.eye(4)).item()
        -4.0
    """

    cites: ClassVar[Citation] = Citation(*_WANG_HE, "the InfoNCE variant of the dispersive loss")
    needs: ClassVar[Needs] = Needs.NOTHING
    temperature: float = 0.5

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: log-sum of potentials, and the number of pairs."""
        yield rows.lse(s_NM / self.temperature, where=rel.compared)
        yield rows.count(rel.compared, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Logarithm of the mean over all pairs, view by view.

        Raises:
            InputError: There is one row.
        """
        lse_NV, count_NV = statistics
        _check_pairs(count_NV, "Dispersive")
        return (torch.logsumexp(lse_NV, 0) - torch.log(count_NV.sum(0))).mean()

    def reference(self, s_VNN: Tensor, rel: Tile, /) -> Tensor:
        """The definition over the off-diagonal entries."""
        return torch.stack([torch.log(torch.exp(s[rel.negative] / self.temperature).mean()) for s in s_VNN]).mean()


@dataclass(frozen=True, kw_only=True)
class DispersiveHinge(EachView):
    """Dispersive loss, hinge variant: pairs of rows further apart than a margin are left alone.

    Formula: ``mean_{i != j} max(0, margin + s_ij)^2``, where ``-s`` is the paper's distance: ``margin - distance``.
    With cosines (the default) pairs are pushed until they are opposite by ``margin``; with
    ``similarity=NegativeSquaredEuclidean()`` until their squared distance is ``margin``. The paper's mean has i = j
    too.

    Shapes: `[N, D]`, two views `[N, D]`, or `[N, V, D]`; N at least 2.

    Attributes:
        margin: In units of the similarity, positive; 0.5.

    Example:
        >>> import torch
        >>> DispersiveHinge(margin=0.5)(torch.eye(4)).item()
        0.25
    """

    cites: ClassVar[Citation] = Citation(*_WANG_HE, "the hinge variant of the dispersive loss")
    needs: ClassVar[Needs] = Needs.NOTHING
    margin: float = 0.5

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("margin", self.margin)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: sum of squared violations, and the number of pairs."""
        yield rows.sum(relu(self.margin + s_NM) ** 2, where=rel.compared)
        yield rows.count(rel.compared, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over all pairs, view by view.

        Raises:
            InputError: There is one row.
        """
        violation_NV, count_NV = statistics
        _check_pairs(count_NV, "DispersiveHinge")
        return (violation_NV.sum(0) / count_NV.sum(0)).mean()

    def reference(self, s_VNN: Tensor, rel: Tile, /) -> Tensor:
        """The definition over the off-diagonal entries."""
        return torch.stack([((self.margin + s[rel.negative]).clamp_min(0) ** 2).mean() for s in s_VNN]).mean()
