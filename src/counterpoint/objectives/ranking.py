"""Ranking objectives: scored pairs should be ordered by similarity as they are by their scores."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import pad

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import (
    Difference,
    Given,
    Greater,
    Needs,
    Objective,
    Problem,
    Similarity,
    Term,
    Tile,
    checked_embeddings,
    rows,
)


@dataclass(frozen=True, kw_only=True)
class CoSENT(Objective):
    """Every pair of lower score should be less similar than every pair of higher score.

    Formula: ``log(1 + sum_{(i, j): y_i > y_j} exp((c_j - c_i) / t))`` with ``c_i = cos(a_i, b_i)`` and score ``y_i``.
    The matrix compared is pairs of pairs, `[N, N]`; only order matters, not the scale of the scores.

    Shapes: anchors `[N, D]`, candidates `[N, D]`, ``scores`` `[N]`.

    Attributes:
        temperature: ``t``, positive; 0.05 (a scale of 20) as in the public implementation.

    Example:
        >>> import torch
        >>> a, b = torch.eye(2), torch.tensor([[1.0, 0.0], [1.0, 0.0]])
        >>> good, bad = torch.tensor([5.0, 1.0]), torch.tensor([1.0, 5.0])
        >>> bool(CoSENT()(a, b, scores=good) < CoSENT()(a, b, scores=bad))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Huang, Peng, Zou and others",
        "CoSENT: Consistent Sentence Embedding via Similarity Ranking",
        2024,
        "doi:10.1109/TASLP.2024.3402087",
        "the ranking loss as in the public implementation",
    )
    needs: ClassVar[Needs] = Needs.SCORES
    similarity: Similarity = field(default=Difference(), init=False, repr=False)
    temperature: float = 0.05

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def arrange(self, anchors: Tensor, candidates: Tensor | None, given: Given) -> Problem:
        """Score the pairs first; the rows compared are the pairs' cosines `[N, 1]`.

        Raises:
            InputError: Scores are missing, or something else was given that this objective has no use for.
        """
        if candidates is None or given.scores is None:
            raise InputError("CoSENT needs two sides of scored pairs: objective(a, b, scores=y)")
        given.only("scores", why="CoSENT orders pairs by their scores")
        a = checked_embeddings("anchors", anchors)
        b = checked_embeddings("candidates", candidates, like=a)
        scores = given.scores.to(a.device)
        if scores.shape != (len(a),) or len(b) != len(a):
            raise InputError(f"got {len(a)} anchors, {len(b)} candidates and scores of shape {list(scores.shape)}")
        if scores.is_complex() or bool(scores.isnan().any()):
            raise InputError("scores must be real numbers, and some are not")
        pairs = (unit_rows(a) * unit_rows(b)).sum(1, keepdim=True)
        return Problem(pairs, pairs, Greater(scores, scores))

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """Per pair: log-sum-exp of its violations against the pairs of lower score."""
        yield rows.lse(s_NM / self.temperature, where=rel.positive)

    def head(self, *statistics: Tensor) -> Tensor:
        """log(1 + the sum over all pairs); 0 when all scores are equal."""
        (lse_N,) = statistics
        return torch.logsumexp(pad(lse_N, (0, 1)), 0)  # the padded 0 is the logarithm of the formula's 1

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """The double sum as written."""
        return torch.log(1 + torch.exp(s_NM / self.temperature)[rel.positive].sum())
