"""Ranking objectives: scored pairs should be ordered by similarity as they are by their scores."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import pad

from counterpoint.base.citation import Citation
from counterpoint.objectives._pairs import softplus
from counterpoint.objectives._scored import mean_over_pairs, scored_pairs
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Difference, Given, Needs, Objective, Problem, Similarity, Term, Tile, rows


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
        """Pairs of pairs."""
        return scored_pairs("CoSENT", anchors, candidates, given)

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


@dataclass(frozen=True, kw_only=True)
class RankNet(Objective):
    """RankNet on scored pairs: the probability that the pair of higher score is the more similar one.

    Formula: ``mean over (i, j) with y_i > y_j of log(1 + exp((c_j - c_i) / t))``, ``c_i = cos(a_i, b_i)``.

    Shapes: anchors `[N, D]`, candidates `[N, D]`, ``scores`` `[N]`.

    Attributes:
        temperature: ``t``, positive; 0.05.

    Example:
        >>> import torch
        >>> a, b = torch.eye(2), torch.tensor([[1.0, 0.0], [1.0, 0.0]])
        >>> round(RankNet(temperature=1.0)(a, b, scores=torch.tensor([5.0, 1.0])).item(), 4)  # log(1 + 1 / e)
        0.3133
    """

    cites: ClassVar[Citation] = Citation(
        "Burges, Shaked, Renshaw and others",
        "Learning to Rank Using Gradient Descent",
        2005,
        "doi:10.1145/1102351.1102363",
        "Eq. 3 with target probability 1",
    )
    needs: ClassVar[Needs] = Needs.SCORES
    similarity: Similarity = field(default=Difference(), init=False, repr=False)
    temperature: float = 0.05

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def arrange(self, anchors: Tensor, candidates: Tensor | None, given: Given) -> Problem:
        """Pairs of pairs."""
        return scored_pairs("RankNet", anchors, candidates, given)

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """Per pair: its losses against the pairs of lower score, and their number."""
        yield rows.sum(softplus(s_NM / self.temperature), where=rel.positive)
        yield rows.count(rel.positive, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over ordered pairs of pairs; 0 when all scores are equal."""
        return mean_over_pairs(*statistics)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """The cross-entropy of every ordered pair."""
        return -torch.log(torch.sigmoid(-s_NM[rel.positive] / self.temperature)).mean()


@dataclass(frozen=True, kw_only=True)
class ListMLE(Objective):
    """ListMLE on scored pairs: the likelihood of the order of scores when pairs are drawn one after the other.

    Formula: ``mean_i log(1 + sum_{j: y_j < y_i} exp((c_j - c_i) / t))``, ``c_i = cos(a_i, b_i)``: minus the
    log-probability that pair i is drawn before all pairs of lower score. Pairs of equal score are left out of each
    other's draw; without such this is the Plackett-Luce likelihood, divided by N.

    Shapes: anchors `[N, D]`, candidates `[N, D]`, ``scores`` `[N]`.

    Attributes:
        temperature: ``t``, positive; 0.05.

    Example:
        >>> import torch
        >>> a, b = torch.eye(2), torch.tensor([[1.0, 0.0], [1.0, 0.0]])
        >>> round(ListMLE(temperature=1.0)(a, b, scores=torch.tensor([5.0, 1.0])).item(), 4)  # log(1 + 1 / e) / 2
        0.1566
    """

    cites: ClassVar[Citation] = Citation(
        "Xia, Liu, Wang, Zhang and Li",
        "Listwise Approach to Learning to Rank: Theory and Algorithm",
        2008,
        "doi:10.1145/1390156.1390306",
        "the likelihood loss, Eq. 9",
    )
    needs: ClassVar[Needs] = Needs.SCORES
    similarity: Similarity = field(default=Difference(), init=False, repr=False)
    temperature: float = 0.05

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def arrange(self, anchors: Tensor, candidates: Tensor | None, given: Given) -> Problem:
        """Pairs of pairs."""
        return scored_pairs("ListMLE", anchors, candidates, given)

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """Per pair: log-sum-exp of the pairs of lower score, beside its own."""
        yield rows.lse(s_NM / self.temperature, where=rel.positive)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over pairs; 0 when all scores are equal."""
        (lse_N,) = statistics
        return softplus(lse_N).mean()

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Draw by draw."""
        drawn = [
            torch.log(1 + torch.exp(s[p] / self.temperature).sum()) for s, p in zip(s_NM, rel.positive, strict=True)
        ]
        return torch.stack(drawn).mean()


@dataclass(frozen=True, kw_only=True)
class DiffKendall(Objective):
    """Differentiable Kendall correlation of similarities and scores, as a loss.

    Formula: ``mean over (i, j) with y_i > y_j of 1 - tanh((c_i - c_j) / t)``, ``c_i = cos(a_i, b_i)``: one minus
    Kendall's tau with the hyperbolic tangent in the place of the sign, so that as t falls it becomes ``1 - tau`` of the
    pairs whose scores differ. The order of the scores is taken as it is, where the paper softens it as well.

    Shapes: anchors `[N, D]`, candidates `[N, D]`, ``scores`` `[N]`.

    Attributes:
        temperature: ``t``, positive, the inverse of the paper's steepness; 0.1.

    Example:
        >>> import torch
        >>> a, b = torch.eye(2), torch.tensor([[1.0, 0.0], [1.0, 0.0]])
        >>> good, bad = torch.tensor([5.0, 1.0]), torch.tensor([1.0, 5.0])
        >>> round(DiffKendall()(a, b, scores=good).item(), 4), round(DiffKendall()(a, b, scores=bad).item(), 4)
        (0.0, 2.0)
    """

    cites: ClassVar[Citation] = Citation(
        "Zheng, Zhang and Huang",
        "DiffKendall: A Novel Approach for Few-Shot Learning with Differentiable Kendall's Rank Correlation",
        2023,
        "arXiv:2307.15317",
        "the differentiable Kendall correlation, section 3.3",
    )
    needs: ClassVar[Needs] = Needs.SCORES
    similarity: Similarity = field(default=Difference(), init=False, repr=False)
    temperature: float = 0.1

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def arrange(self, anchors: Tensor, candidates: Tensor | None, given: Given) -> Problem:
        """Pairs of pairs."""
        return scored_pairs("DiffKendall", anchors, candidates, given)

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """Per pair: its discordance with the pairs of lower score, and their number."""
        yield rows.sum(1 + torch.tanh(s_NM / self.temperature), where=rel.positive)
        yield rows.count(rel.positive, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over ordered pairs of pairs; 0 when all scores are equal."""
        return mean_over_pairs(*statistics)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """The ratio of exponentials, over all ordered pairs."""
        up, down = (torch.exp(sign * s_NM[rel.positive] / self.temperature) for sign in (1, -1))
        return 1 - ((down - up) / (down + up)).mean()
