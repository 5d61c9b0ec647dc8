"""Agreement of a prediction with its target, and nothing else: what siamese methods without negatives minimise."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._softmax import positive_terms
from counterpoint.pairwise import Cosine, Needs, Objective, Similarity, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class NegativeCosine(Objective):
    """Negative cosine of predictions and targets, as in SimSiam.

    Formula: ``mean over anchors of mean_{p in P(i)} -cos(a_i, b_p)``, a the predictions and b the targets. BYOL prints
    the squared distance of unit rows, ``2 - 2 cos``: twice this plus 2, which is ``Alignment(alpha=2)``.

    By itself it is smallest where all rows are equal. What keeps them apart (a predictor, targets without gradient) is
    the business of the method. Where more than the paired row is a positive, as in self-labelled batches, a relation
    says so.

    Shapes: predictions `[N, D]`, targets `[M, D]`.

    Example:
        >>> import torch
        >>> round(NegativeCosine()(torch.eye(4), 3 * torch.eye(4)).item(), 6)
        -1.0
    """

    cites: ClassVar[Citation] = Citation(
        "Chen and He", "Exploring Simple Siamese Representation Learning", 2021, "arXiv:2011.10566", "Eq. 1"
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    similarity: Similarity = field(default=Cosine(), init=False, repr=False)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: sum of cosines with its positives, and their number."""
        yield from positive_terms(rows, s_NM, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over anchors with a positive."""
        cosine_N, count_N = statistics
        return -self.mean(cosine_N / torch.where(count_N > 0, count_N, 1.0), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 1, anchor by anchor."""
        return -torch.stack([s[p].mean() for s, p in zip(s_NM, rel.positive, strict=True) if p.any()]).mean()
