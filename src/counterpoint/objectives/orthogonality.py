"""Orthogonality: rows (prototypes, prompts, weights, embeddings) at right angles to each other."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import relu

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.pairwise import EachView, Needs, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class Orthogonality(EachView):
    """Mean absolute (or squared) similarity of different rows: zero when they are orthogonal.

    Formula: ``1 / (K (K - 1)) sum_{i != j} |s_ij|``, squared with ``squared``; with ``one_sided`` only similarities
    above zero cost anything, so that rows are at least orthogonal. Of several views, the mean of what each has by
    itself. Under several processes rows are those of all of them, so that it is for embeddings: of weights, which
    every process has, it would compare the copies.

    Shapes: `[K, D]`, two views `[K, D]`, or `[K, V, D]`; K at least 2.

    Attributes:
        squared: Squares instead of absolute values.
        one_sided: Similarities below zero count as zero.

    Example:
        >>> import torch
        >>> z = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
        >>> round(Orthogonality()(z).item(), 4), Orthogonality(one_sided=True)(z).item()
        (0.3333, 0.0)
    """

    cites: ClassVar[Citation] = Citation(
        "Lu, Liu, Zhang and others",
        "Prompt Distribution Learning",
        2022,
        "arXiv:2205.03340",
        "the semantic orthogonality loss",
    )
    needs: ClassVar[Needs] = Needs.NOTHING
    squared: bool = False
    one_sided: bool = False

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: what its similarities cost, and the number of pairs."""
        sided = relu(s_NM) if self.one_sided else s_NM
        yield rows.sum(sided**2 if self.squared else sided.abs(), where=rel.compared)
        yield rows.count(rel.compared, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over all pairs, view by view.

        Raises:
            InputError: There is one row.
        """
        cost_NV, count_NV = statistics
        if not bool((count_NV > 0).any()):
            raise InputError("Orthogonality needs at least two rows to compare")
        return (cost_NV.sum(0) / count_NV.sum(0)).mean()

    def reference(self, s_VNN: Tensor, rel: Tile, /) -> Tensor:
        """The definition, pair by pair."""
        costs: list[Tensor] = []
        for s in s_VNN:
            pairs = [s[i, j] for i in range(len(s)) for j in range(len(s)) if i != j]
            kept = [torch.where(pair > 0, pair, 0.0) if self.one_sided else pair for pair in pairs]
            costs.append(torch.stack([pair**2 if self.squared else torch.sqrt(pair**2) for pair in kept]).mean())
        return torch.stack(costs).mean()
