"""Similarities that should equal given scores, not merely be in their order."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._scored import scored_pairs
from counterpoint.pairwise import Difference, Given, Needs, Objective, Problem, SameKey, Similarity, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class CosineRegression(Objective):
    """Mean squared error of the cosine of a pair as a guess of its score.

    Formula: ``mean_i (cos(a_i, b_i) - y_i)^2``. Scores are taken as they come: bring them to where cosines should be,
    such as ratings from 0 to 5 over 5. It is also the loss of CLAIF (Cheng, Yang, Sun and others, 2023,
    arXiv:2305.01918). Where the order of pairs is all that counts, ``CoSENT`` asks for less.

    Shapes: anchors `[N, D]`, candidates `[N, D]`, ``scores`` `[N]`. Nothing is compared beyond a pair.

    Attributes:
        absolute: Class-level: scores are values to be met, so equal ones say something too.

    Example:
        >>> import torch
        >>> a, b = torch.eye(2), torch.tensor([[1.0, 0.0], [1.0, 0.0]])
        >>> CosineRegression()(a, b, scores=torch.tensor([0.5, 0.5])).item()
        0.25
    """

    cites: ClassVar[Citation] = Citation(
        "Reimers and Gurevych",
        "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks",
        2019,
        "arXiv:1908.10084",
        "the regression objective, Section 3",
    )
    needs: ClassVar[Needs] = Needs.SCORES
    absolute: ClassVar[bool] = True
    similarity: Similarity = field(default=Difference(), init=False, repr=False)

    def arrange(self, anchors: Tensor, candidates: Tensor | None, given: Given) -> Problem:
        """Errors `[N, 1]` against a single zero, the same on every rank."""
        cosine_N1 = scored_pairs("CosineRegression", anchors, candidates, given).anchors
        assert given.scores is not None  # they have been looked at
        error_N1 = cosine_N1 - given.scores.to(cosine_N1)[:, None]
        everybody = torch.zeros(len(error_N1), dtype=torch.int64, device=error_N1.device)
        return Problem(error_N1, error_N1.new_zeros(1, 1), SameKey(everybody, everybody[:1], prototypes=True))

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per pair: its squared error."""
        yield rows.sum(s_NM.square(), where=rel.positive)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over pairs."""
        return self.mean(statistics[0])

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Squares of the errors, which are all there is in the matrix."""
        return s_NM.square().mean()
