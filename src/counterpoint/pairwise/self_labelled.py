"""Losses that label their own rows: prototypes score them, and the batch as a whole says what they should have been."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise.arrange import Given, Problem, checked_embeddings
from counterpoint.pairwise.call import Call, agreed
from counterpoint.pairwise.contract import Objective
from counterpoint.pairwise.loss import Loss
from counterpoint.pairwise.needs import Needs
from counterpoint.pairwise.plan import Budget, Plan
from counterpoint.pairwise.relation import Relation, SameKey
from counterpoint.pairwise.shared import every_row
from counterpoint.pairwise.similarity import Cosine, Similarity
from counterpoint.pairwise.views import stacked_views
from counterpoint.pairwise.weights import anchor_weights, mean_over


@dataclass(frozen=True, kw_only=True)
class SelfLabelled(Loss):
    """Rows learn targets that are made, without gradient, from the scores of all ranks' rows with all prototypes.

    Called with one view `[N, D]` or several `[N, V, D]`, and the prototypes `[K, D]`, the same on every rank, as
    candidates. Each rank scores its own rows; of the scores that targets are made of it gathers everybody's.

    Memory: scores `[N, V, K]` of this rank, and of all ranks those that targets are made of.

    Attributes:
        similarity: How rows and prototypes are scored; cosine unless said otherwise.
        most_entries: Class-level: scores of all ranks are refused beyond this many.
    """

    most_entries: ClassVar[int] = 1 << 28
    similarity: Similarity = Cosine()

    def labelled(self, s_NVK: Tensor) -> Tensor:
        """The scores that targets are made of: those of every view, unless a loss says otherwise."""
        return s_NVK

    @abstractmethod
    def targets(self, s_NVK: Tensor) -> Tensor:
        """Targets `[N, V, K]` of the global batch, from what :meth:`labelled` gave; called without autograd."""

    @abstractmethod
    def losses(self, s_NVK: Tensor, targets_NVK: Tensor) -> Tensor:
        """The loss of each row, `[N]`, from its own scores and targets."""

    @abstractmethod
    def reference(self, s_NVK: Tensor) -> Tensor:
        """The paper's equation as printed, on all scores: the oracle of the tests."""

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
        """The mean loss over the global batch, a scalar; on several ranks the gradient is that of one process.

        Args:
            anchors: `[N, D]`, one view, or `[N, V, D]`.
            candidates: `[K, D]`, the prototypes.
            labels: Refused, as the next three: the loss makes its own.
            scores: Refused.
            relation: Refused.
            negatives: Refused.
            weights: `[N]` non-negative: how much each row counts in the mean; targets do not see them.
            plan: Refused: there is one way to compute it.
            **learnable: Fields given as tensors.

        Raises:
            InputError: Shapes, dtypes or lengths do not fit, there is one view where two are needed, something is
                given that cannot be used, or ranks make different calls.
        """
        given = Given(labels=labels, scores=scores, relation=relation, negatives=negatives)
        call = agreed(
            self,
            anchors,
            lambda: self.arrange(anchors, candidates, given, plan),
            weights=weights,
            plan=plan,
            learnable=learnable,
        )
        weighed = anchor_weights(weights, len(anchors), call.problem, call.together.ranks)
        # Autocast would turn the products into half precision.
        with torch.autocast(call.problem.anchors.device.type, enabled=False):
            losses_N = every_row(call.together.ranks, self._losses(call))
        return mean_over(losses_N, None, None if weighed is None else weighed.rows, warn=False)

    def arrange(
        self, anchors: Tensor, candidates: Tensor | None, given: Given, plan: Plan | Budget | None = None
    ) -> Problem:
        """Views and prototypes, checked."""
        name = type(self).__name__
        given.only(why=f"{name} labels its rows itself")
        if plan is not None:
            raise InputError(f"plan cannot be used here: {name} is computed in one way")
        views = stacked_views(anchors, None)
        if Needs.VIEWS in self.needs and views.shape[1] < 2:
            raise InputError(f"{name} compares views: give two or more, [N, V, D]")
        if candidates is None:
            raise InputError("candidates must be the prototypes, [K, D], and there are none")
        prototypes = checked_embeddings("candidates", candidates, like=views)
        nobody = torch.full((len(views),), -1, device=views.device)
        classes = torch.arange(len(prototypes), device=views.device)
        return Problem(views, prototypes, SameKey(nobody, classes, prototypes=True), paired=False)

    def score(self, views_NVD: Tensor, prototypes_KD: Tensor) -> Tensor:
        """Scores `[N, V, K]`."""
        (n, views), similarity = views_NVD.shape[:2], self.similarity
        rows = similarity.prepare(views_NVD.flatten(0, 1))
        return similarity.scores(rows, similarity.prepare_candidates(prototypes_KD)).view(n, views, -1)

    def _losses(self, call: Call) -> Tensor:
        """Losses of this rank's rows."""
        whole, ranks, views = self.having(call.numbers), call.together.ranks, call.problem.anchors
        entries = sum(call.together.anchors) * views.shape[1] * len(call.problem.candidates)
        if entries > self.most_entries:
            raise InputError(
                f"{type(self).__name__} keeps a score for every row of every view and every prototype, here {entries}; "
                f"it goes up to {self.most_entries}"
            )
        s_NVK = whole.score(views, call.problem.candidates)
        with torch.no_grad():
            targets = whole.targets(ranks.gather(whole.labelled(s_NVK).detach().contiguous()))
        first = ranks.start(len(views))
        return whole.losses(s_NVK, targets[first : first + len(views)])


def over_prototypes(loss: Loss) -> bool:
    """Whether its candidates are prototypes, and nothing else would do."""
    return isinstance(loss, SelfLabelled) or (isinstance(loss, Objective) and loss.prototypes)
