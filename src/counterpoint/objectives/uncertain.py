"""Embeddings that are distributions, compared by samples of them."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._softmax import softmax_losses, softmax_terms
from counterpoint.pairwise import Given, ManyViews, Needs, Problem, Terms, Tile, rows
from counterpoint.pairwise.views import same_rows, side_by_side, stacked_views


@dataclass(frozen=True, kw_only=True)
class MCInfoNCE(ManyViews):
    """InfoNCE of distributions: the likelihood of the positive is averaged over samples before the logarithm.

    Formula, with sample k of anchor n and of candidate m, a_nk and b_mk:
    ``loss_n = -log mean_k [exp(s(a_nk, b_nk) / t) / sum_m exp(s(a_nk, b_mk) / t)]``; mean over anchors. Samples are
    drawn by the caller, from von Mises-Fisher distributions in the paper, so that gradients reach their parameters.
    The public code takes one term for the mean over negatives where this has their sum, as all of a batch are
    negatives. With one sample it is InfoNCE.

    Shapes: anchors and candidates `[N, S, D]`, or `[N, D]` for one sample.

    Attributes:
        temperature: ``t``, the inverse of the positives' concentration; positive; 0.05.

    Example:
        >>> import torch
        >>> a = torch.eye(4)[:, None].expand(4, 8, 4)
        >>> round(MCInfoNCE(temperature=1.0)(a, a).item(), 4)  # equal samples: log(1 + 3 / e)
        0.7437
    """

    cites: ClassVar[Citation] = Citation(
        "Kirchhof, Kasneci and Oh",
        "Probabilistic Contrastive Learning Recovers the Correct Aleatoric Uncertainty of Ambiguous Inputs",
        2023,
        "arXiv:2302.02865",
        "Eq. 6",
    )
    needs: ClassVar[Needs] = Needs.VIEWS
    sides: ClassVar[bool] = True
    square: ClassVar[bool] = False
    temperature: float = 0.05

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def arrange(self, anchors: Tensor, candidates: Tensor | None, given: Given) -> Problem:
        """As many samples of every row on both sides."""
        given.only(why="samples of paired rows are compared")
        if candidates is None:
            raise InputError("candidates must be samples of the anchors' partners, [N, S, D], and there are none")
        a, b = stacked_views(anchors, None), stacked_views(candidates, None, name="candidates")
        if a.shape != b.shape:
            raise InputError(f"candidates must have the shape of the anchors, {list(a.shape)}, got {list(b.shape)}")
        return Problem(a, b, same_rows(a))

    def parts(self, problem: Problem) -> list[Problem]:
        """Sample against sample, the k-th of all rows at a time."""
        pairs = zip(problem.anchors.unbind(1), problem.candidates.unbind(1), strict=True)
        return [Problem(a, b, problem.relation) for a, b in pairs]

    def joined(self, found: list[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """`[N, S]` each."""
        return side_by_side(found)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """InfoNCE's."""
        yield from softmax_terms(rows, s_NM / self.temperature, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Minus the logarithm of the mean likelihood over samples."""
        losses_NS = softmax_losses(*statistics)
        return self.mean(torch.log(losses_NS.new_tensor(losses_NS.shape[1])) - torch.logsumexp(-losses_NS, 1))

    def reference(self, s_SNN: Tensor, rel: Tile, /) -> Tensor:
        """Likelihoods, averaged over samples."""
        likelihood = torch.softmax(s_SNN / self.temperature, 2).diagonal(dim1=1, dim2=2)
        return -likelihood.mean(0).log().mean()
