"""The contract of an objective: terms on a tile, a head on statistics, and the paper's equation as reference."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.pairwise.arrange import Given, Problem, arrange, at_least_float32
from counterpoint.pairwise.needs import Needs
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
        cites: Class-level: the paper and its equation.
        needs: Class-level: what there is no loss without.
        joint: Class-level: two views are stacked and compared among themselves (2N x 2N) rather than with each other.
    """

    cites: ClassVar[Citation]
    needs: ClassVar[Needs]
    joint: ClassVar[bool] = False
    similarity: Similarity = Cosine()

    @abstractmethod
    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """The statistics wanted, in terms of one tile of similarities `[n, m]`.

        Entry (i, j) of a term's values may depend on entry (i, j) alone, and must have a finite derivative even where
        it does not take part.
        """

    @abstractmethod
    def head(self, *statistics: Tensor) -> Tensor:
        """The loss: a scalar function of the statistics of all rows and columns, in the order of ``terms``."""

    @abstractmethod
    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """The paper's equation as printed, on the whole matrix: the oracle of the tests."""

    def arrange(self, anchors: Tensor, candidates: Tensor | None, given: Given) -> Problem:
        """Which rows are compared with which, and who is positive to whom."""
        return arrange(anchors, candidates, given, joint=self.joint, row_dims=self.similarity.row_dims)

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
            anchors: `[N, D]` floating point; half precision is computed in float32, also under autocast. With a
                similarity of sets, such as ``MaxSim``, `[N, L, D]`, and so on below.
            candidates: `[M, D]`; row i is the positive of anchor i unless ``labels`` or ``relation`` says otherwise.
                Without it the anchors are compared with each other, each row's comparison with itself left out.
            labels: int `[N]`: rows of equal label are positive; a row of negative label is nobody's positive.
            scores: `[N]` graded relevance of each pair, for objectives that rank.
            relation: Who is positive to whom, instead of the above: `[N, M]`, or `[2N, 2N]` where views are stacked.
            negatives: `[K, D]` or `[N, H, D]`: candidates that are nobody's positive.
            plan: How to compute it; chosen from the sizes when not given. Never changes the value.
            **learnable: Fields of the objective given as tensors, such as ``temperature``; they get exact gradients.

        Raises:
            InputError: Shapes, dtypes or lengths do not fit, or no anchor has what the objective needs.
        """
        numbers = {name: self._checked_number(name, value) for name, value in learnable.items()}
        given = Given(labels=labels, scores=scores, relation=relation, negatives=negatives)
        problem = self.arrange(anchors, candidates, given)
        # Autocast would turn the products into half precision.
        with torch.autocast(problem.anchors.device.type, enabled=False):
            a = self.similarity.prepare(problem.anchors)
            alike = problem.candidates is problem.anchors and not self.similarity.two_sided
            b = a if alike else self.similarity.prepare_candidates(problem.candidates)
            found = statistics(self, a, b, problem.relation, plan=plan, learnable=numbers)
            return self.having(numbers).head(*found)

    def having(self, learnable: dict[str, Tensor]) -> Self:
        """The same objective with tensors in place of some of its numbers."""
        return replace(self, **learnable) if learnable else self

    def numbers(self) -> tuple[str, ...]:
        """Names of the fields that hold one number, hence may be passed as learnable tensors."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return tuple(
            n for n, value in values if isinstance(value, (int, float, Tensor)) and not isinstance(value, bool)
        )

    def _checked_number(self, name: str, value: Any) -> Tensor:
        kind = type(self).__name__
        if name not in self.numbers():
            raise InputError(f"{kind} has no number {name!r} to learn; it has {list(self.numbers())}")
        if not isinstance(value, Tensor):
            raise InputError(f"{name} must be a tensor to learn; a fixed number is a setting: {kind}({name}={value!r})")
        if value.numel() != 1:
            raise InputError(f"{name} must hold one number, got shape {list(value.shape)}")
        return at_least_float32(value).reshape(())
