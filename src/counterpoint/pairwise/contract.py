"""The contract of an objective: terms on a tile, a head on statistics, and the paper's equation as reference."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise.arrange import Given, Problem, arrange, arrange_features, arrange_prototypes
from counterpoint.pairwise.call import Call, agreed
from counterpoint.pairwise.loss import Loss
from counterpoint.pairwise.plan import Budget, Plan, Streams
from counterpoint.pairwise.prepared import prepared
from counterpoint.pairwise.relation import Relation
from counterpoint.pairwise.similarity import Cosine, Similarity
from counterpoint.pairwise.statistics import statistics
from counterpoint.pairwise.terms import Axis, Terms
from counterpoint.pairwise.tile import Tile
from counterpoint.pairwise.weights import AnchorWeights, anchor_weights, mean_over


@dataclass(frozen=True, kw_only=True)
class Objective(Loss):
    """A function of similarities: it sees no model, rank, queue or optimiser, and holds no learnable state.

    Attributes:
        similarity: How two embeddings are scored; cosine unless said otherwise.
        features: Class-level: features are compared instead of examples, `[D, D]`, over all ranks' examples.
        prototypes: Class-level: candidates are one row per class, the same on every rank.
        weighs_pairs: Class-level: weights of a relation's pairs mean something; where they do not, others than 0 (the
            pair takes no part) and 1 are refused.
        streams: Class-level: what it needs to see at once, and so how much memory it takes.
        most_entries: Class-level: what needs the whole matrix is refused beyond this many entries.
    """

    features: ClassVar[bool] = False
    prototypes: ClassVar[bool] = False
    weighs_pairs: ClassVar[bool] = True
    streams: ClassVar[Streams] = Streams.TILES
    most_entries: ClassVar[int] = 1 << 26
    similarity: Similarity = Cosine()
    _weights: ClassVar[AnchorWeights | None] = None

    @abstractmethod
    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """The statistics wanted, in terms of one tile of similarities `[n, m]`.

        Entry (i, j) of a term's values may depend on entry (i, j) alone (and on the rest of row i where ``streams``
        says so), and must have a finite derivative even where it does not take part. A term takes entries that the
        relation ignores either wherever they are or nowhere: the engine looks once, and then leaves such tiles out.
        ``yield STAGE`` between terms gives the statistics of the terms before, for the terms after it.
        """

    @abstractmethod
    def head(self, *statistics: Tensor) -> Tensor:
        """The loss: a scalar function of the statistics of all rows and columns, in the order of ``terms``."""

    @abstractmethod
    def reference(self, s_NM: Tensor, rel: Tile, /) -> Tensor:
        """The paper's equation as printed, on the whole matrix: the oracle of the tests."""

    def arrange(self, anchors: Tensor, candidates: Tensor | None, given: Given) -> Problem:
        """Which rows are compared with which, and who is positive to whom."""
        self._refuse_weights(given.relation)
        if self.features:
            return arrange_features(anchors, candidates, given)
        if self.prototypes:
            return arrange_prototypes(anchors, candidates, given, per_class=self.per_class)
        return arrange(anchors, candidates, given, joint=self.joint, row_dims=self.similarity.row_dims)

    def _refuse_weights(self, relation: Relation | None) -> None:
        """Those of pairs, where they would be ignored."""
        if self.weighs_pairs or relation is None or not relation.uneven:
            return
        raise InputError(
            f"relation weighs its pairs by more than 0 and 1, and {type(self).__name__} cannot: "
            "it asks who is near, and sums no pairs"
        )

    @property
    def per_class(self) -> int:
        """Of an objective of prototypes: how many candidates, one after the other, are of each class."""
        return 1

    def __call__(
        self,
        anchors: Tensor,
        candidates: Tensor | None = None,
        *,
        labels: Tensor | None = None,
        scores: Tensor | None = None,
        relation: Relation | None = None,
        negatives: Tensor | None = None,
        weights: Tensor | None = None,
        plan: Plan | Budget | None = None,
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
                Objectives of prototypes take one row per class, `[K, D]`, and labels from 0 to K - 1.
            labels: int `[N]`: rows of equal label are positive; a row of negative label is nobody's positive.
            scores: `[N]` graded relevance of each pair, for objectives that rank.
            relation: Who is positive to whom, instead of the above: `[N, M]`, or `[2N, 2N]` where views are stacked.
            negatives: `[K, D]` or `[N, H, D]`: candidates that are nobody's positive.
            weights: `[N]` non-negative: how much each anchor counts in the mean. Pairs are weighed by a relation.
            plan: How to compute it, or ``Budget(bytes)`` for what fits into so much memory; chosen from the sizes when
                not given. Does not change the value.
            **learnable: Fields of the objective given as tensors, such as ``temperature``; they get exact gradients.

        Raises:
            InputError: Shapes, dtypes or lengths do not fit, no anchor has what the objective needs, the budget is too
                small for one tile, or ranks make different calls; then on every rank.
        """
        given = Given(labels=labels, scores=scores, relation=relation, negatives=negatives)
        call = agreed(
            self,
            anchors,
            lambda: self.arrange(anchors, candidates, given),
            weights=weights,
            plan=plan,
            learnable=learnable,
        )
        weighed = anchor_weights(weights, len(anchors), call.problem, call.together.ranks)
        # Autocast would turn the products into half precision.
        with torch.autocast(call.problem.anchors.device.type, enabled=False):
            loss = self.having(call.numbers).weighing(weighed).head(*self.collect(call))
        if weighed is not None and not weighed.used:
            raise InputError(f"weights cannot be used here: {type(self).__name__} takes no mean over anchors")
        return loss

    def parts(self, problem: Problem) -> list[Problem]:
        """The matrices of similarities that a call is about: one."""
        return [problem]

    def collect(self, call: Call) -> tuple[Tensor, ...]:
        """Statistics of all ranks' rows and columns, in the order of the terms."""
        found = [
            statistics(self, prepared(self, part, call.together), plan=call.plan, learnable=call.numbers)
            for part in self.parts(call.problem)
        ]
        return self.joined(found)

    def joined(self, found: list[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """Statistics of the parts as the head sees them."""
        return found[0]

    def mean(self, loss_N: Tensor, positives_N: Tensor | None = None, *, axis: Axis = Axis.ROWS) -> Tensor:
        """Mean over the anchors that have a positive, weighted where the caller of the loss gave weights; for heads.

        Args:
            loss_N: `[N]`, anything where there is no positive.
            positives_N: `[N]` number of positives of each anchor; None when every anchor counts.
            axis: Whether rows or columns are the anchors. Rows without a positive are warned about; a column that is
                nobody's positive is no anchor.

        Raises:
            InputError: No anchor has a positive.
        """
        weights = self._weights
        return mean_over(loss_N, positives_N, None if weights is None else weights.of(axis), warn=axis is Axis.ROWS)

    def check_whole(self, n: int, m: int) -> None:
        """Refuse a matrix that would not fit, for an objective that needs the whole of it.

        Raises:
            InputError: It has more than ``most_entries`` entries.
        """
        if n * m > self.most_entries:
            raise InputError(
                f"{type(self).__name__} needs the whole matrix at once, and {n} x {m} similarities take "
                f"{4 * n * m / 2**30:.1f} GiB a copy in float32; it goes up to {self.most_entries} entries"
            )

    def weighing(self, weights: AnchorWeights | None) -> Self:
        """The same objective with weights for its means."""
        if weights is None:
            return self
        changed = replace(self)
        object.__setattr__(changed, "_weights", weights)
        return changed
