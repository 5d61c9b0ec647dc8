"""Two parts of one example whose features should have nothing to do with each other."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.pairwise import Correlation, Needs, Objective, Similarity, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class CrossCorrelation(Objective):
    """No feature of one view correlated with any of the other, so that each keeps what only it knows.

    Formula: ``1 / D^2 sum_{d, e} C_de^2``, C the correlation over the batch of feature d of the first view with feature
    e of the second; the soft orthogonality of two subspaces. The paper sums ``|A^T B|^2`` with rows of A and B
    centred; correlations do not depend on the scale of a feature. Over several processes the batch is that of all.

    Shapes: two views `[N, D]`, N at least 2; the matrix is `[D, D]`.

    Example:
        >>> import torch
        >>> x = torch.tensor([[1.0], [1.0], [-1.0], [-1.0]])
        >>> y = torch.tensor([[1.0], [-1.0], [1.0], [-1.0]])
        >>> CrossCorrelation()(x, y).item(), round(CrossCorrelation()(x, -x).item(), 6)
        (0.0, 1.0)
    """

    cites: ClassVar[Citation] = Citation(
        "Bousmalis, Trigeorgis, Silberman and others",
        "Domain Separation Networks",
        2016,
        "arXiv:1608.06019",
        "the difference loss",
    )
    needs: ClassVar[Needs] = Needs.VIEWS
    features: ClassVar[bool] = True
    similarity: Similarity = field(default=Correlation(), init=False, repr=False)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per feature: squares of all correlations, and their number."""
        yield rows.sum(s_NM**2, where=rel.compared)
        yield rows.count(rel.compared, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over all pairs of features."""
        squares_D, count_D = statistics
        return squares_D.sum() / count_D.sum()

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """The definition, pair by pair."""
        d, e = s_NM.shape
        return torch.stack([s_NM[i, j] ** 2 for i in range(d) for j in range(e)]).mean()
