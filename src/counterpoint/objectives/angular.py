"""Angular loss: the angle at a negative in the triangle that it makes with a positive pair."""

from dataclasses import dataclass, field
from math import pi
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.objectives._pairs import softplus
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Dot, Given, Needs, Objective, Problem, SameKey, Similarity, Terms, Tile, rows
from counterpoint.pairwise import checked_embeddings as checked


@dataclass(frozen=True, kw_only=True)
class Angular(Objective):
    """Angular loss over N pairs: negatives must be seen from a positive pair's middle under more than an angle.

    Formula, with unit rows x_i (anchor), p_i (its positive) and the other positives p_j as negatives: ``mean_i log(1 +
    sum_{j != i} exp(4 tan^2(alpha) <x_i + p_i, p_j> - 2 (1 + tan^2(alpha)) <x_i, p_i>))``. The matrix compared is
    ``<x_i + p_i, p_j>``, whose diagonal is ``1 + <x_i, p_i>``.

    Shapes: two views `[N, D]`.

    Attributes:
        alpha: Upper bound of the angle at the negative, in degrees, between 0 and 90; 45 as in the paper.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> round(Angular()(z, z).item(), 4)  # log(1 + 3 / e^4)
        0.0535
    """

    cites: ClassVar[Citation] = Citation(
        "Wang, Zhou, Wen, Liu and Lin", "Deep Metric Learning with Angular Loss", 2017, "arXiv:1708.01682", "Eq. 8"
    )
    needs: ClassVar[Needs] = Needs.VIEWS
    similarity: Similarity = field(default=Dot(), init=False, repr=False)
    alpha: float = 45.0

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InputError: The angle is not between 0 and 90.
        """
        check_positive("alpha", self.alpha)
        if not isinstance(self.alpha, Tensor) and self.alpha >= 90:
            raise InputError(f"alpha must be an angle below 90 degrees, got {self.alpha}")

    def arrange(self, anchors: Tensor, candidates: Tensor | None, given: Given) -> Problem:
        """Sums of unit pairs against the unit positives of all pairs.

        Raises:
            InputError: There is no second view, or something else was given.
        """
        given.only(why="Angular compares two views of the same examples")
        x = checked("anchors", anchors)
        if candidates is None or candidates.shape[0] != len(x):
            raise InputError(f"candidates must be a second view of the {len(x)} anchors")
        p = unit_rows(checked("candidates", candidates, like=x))
        keys = torch.arange(len(x), device=x.device)
        return Problem(unit_rows(x) + p, p, SameKey(keys, keys, local=True, numbered=len(x), partner=0))

    def _square(self, like: Tensor) -> Tensor:
        """The square of the tangent."""
        return torch.tan(torch.as_tensor(self.alpha, dtype=like.dtype, device=like.device) * (pi / 180)).square()

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per pair: log-sum-exp of its negatives, and its own entry."""
        yield rows.lse(4 * self._square(s_NM) * s_NM, where=rel.negative)
        yield rows.sum(s_NM, where=rel.positive)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over pairs."""
        negatives_N, own_N = statistics
        return self.mean(softplus(negatives_N - 2 * (1 + self._square(own_N)) * (own_N - 1)))

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 8, pair by pair."""
        square = self._square(s_NM)
        losses: list[Tensor] = []
        for i in range(len(s_NM)):
            own = s_NM[i, i] - 1
            f = [4 * square * s_NM[i, j] - 2 * (1 + square) * own for j in range(len(s_NM)) if j != i]
            losses.append(torch.log(1 + sum((one.exp() for one in f), s_NM.new_zeros(()))))
        return torch.stack(losses).mean()
