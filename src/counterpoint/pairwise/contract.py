"""The contract of an objective: terms on a tile, a head on statistics, and the paper's equation as reference."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import ClassVar, Self

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise.arrange import Given, Problem, arrange
from counterpoint.pairwise.plan import Plan
from counterpoint.pairwise.relation import Relation, Tile
from counterpoint.pairwise.similarity import Cosine, Similarity
from counterpoint.pairwise.statistics import statistics
from counterpoint.pairwise.terms import Term


@dataclass(frozen=True, kw_only=True)
class Objective(ABC):
    """A function of similarities: it sees no model, rank, queue or optimiser, and holds no learnable state.

    Attributes:
        similarity: How two embeddings are scored; cosine unless said otherwise.
        joint: Class-level: two views are stacked and compared among themselves (2N x 2N) rather than with each other.
    """

    similarity: Similarity = Cosine()
    joint: ClassVar[bool] = False

    @abstractmethod
    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """The statistics wanted, in terms of one tile of similarities."""

    @abstractmethod
    def head(self, *statistics: Tensor) -> Tensor:
        """The loss: a scalar function of the statistics of all rows and columns, in the order of ``terms``."""

    @abstractmethod
    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """The paper's equation as printed, on the whole matrix: the oracle of the tests."""

    def arrange(self, anchors: Tensor, candidates: Tensor | None, given: Given) -> Problem:
        """Which rows are compared with which, and who is positive to whom."""
        return arrange(anchors, candidates, given, joint=self.joint)

    def __call__(
        self,
        anchors: Tensor,
        candidates: Tensor | None = None,
        *,
        labels: Tensor | None = None,
        scores: Tensor | None = None,
        relation: Relation | None = None,
        negatives: Tensor | None = None,
        plan: Plan | None = None,
        **learnable: Tensor,
    ) -> Tensor:
        """The mean loss over the global batch, a scalar.

        Inside an initialised process group the candidates of every rank take part, the value is the same on every
        rank, and the gradient, averaged over ranks as data-parallel training does, is that of one process.

        Args:
            anchors: `[N, D]` floating point.
            candidates: `[M, D]`; row i is the positive of anchor i unless ``labels`` or ``relation`` says otherwise.
                Without it the anchors are compared with each other, each row's comparison with itself left out.
            labels: int `[N]`: rows of equal label are positive.
            scores: `[N]` graded relevance of each pair, for objectives that rank.
            relation: Who is positive to whom, instead of the above.
            negatives: `[K, D]` or `[N, H, D]`: candidates that are nobody's positive.
            plan: How to compute it; chosen from the sizes when not given. Never changes the value.
            **learnable: Fields of the objective given as tensors, such as ``temperature``; they get exact gradients.

        Raises:
            InputError: Shapes, dtypes or lengths do not fit, or no anchor has what the objective needs.
        """
        given = Given(labels=labels, scores=scores, relation=relation, negatives=negatives)
        return self.loss(self.arrange(anchors, candidates, given), plan=plan, **learnable)

    def loss(self, problem: Problem, *, plan: Plan | None = None, **learnable: Tensor) -> Tensor:
        """The loss of an arranged problem; see :meth:`__call__`."""
        self._check_learnable(learnable)
        # Autocast would turn the products into half precision; statistics are kept in float32 or better.
        with torch.autocast(problem.anchors.device.type, enabled=False):
            a, b = (self.similarity.prepare(_at_least_float32(x)) for x in (problem.anchors, problem.candidates))
            learnable = {name: _at_least_float32(value) for name, value in learnable.items()}
            stats = statistics(self, a, b, problem.relation, plan=plan, learnable=learnable)
            return self.having(learnable).head(*stats)

    def having(self, learnable: dict[str, Tensor]) -> Self:
        """The same objective with tensors in place of some of its numbers."""
        return replace(self, **learnable) if learnable else self

    def _check_learnable(self, learnable: dict[str, Tensor]) -> None:
        numbers = [field.name for field in fields(self) if isinstance(getattr(self, field.name), (int, float))]
        for name, value in learnable.items():
            if name not in numbers:
                raise InputError(f"{type(self).__name__} has no number {name!r} to learn; it has {numbers}")
            if value.numel() != 1:
                raise InputError(f"{name} must hold one number, got shape {list(value.shape)}")


def _at_least_float32(x: Tensor) -> Tensor:
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
