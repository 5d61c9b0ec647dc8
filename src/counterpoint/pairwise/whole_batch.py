"""Losses of whole batches of rows: what is no sum over pairs, in memory that grows with N D."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise.arrange import Given, Problem, row_keys
from counterpoint.pairwise.call import agreed
from counterpoint.pairwise.loss import Loss
from counterpoint.pairwise.needs import Needs
from counterpoint.pairwise.plan import Budget, Plan
from counterpoint.pairwise.relation import Relation, SameKey
from counterpoint.pairwise.shared import every_row
from counterpoint.pairwise.views import stacked_views


@dataclass(frozen=True, kw_only=True)
class WholeBatch(Loss):
    """A loss that sees the rows of all ranks, and keeps no matrix of pairs: covariances, variances, projections.

    Called as every loss, with one view `[N, D]`, two, or `[N, V, D]`; every rank gets all ranks' rows, O(N D), and
    computes the same loss. What compares all pairs is an ``Objective``, which may ask for the whole matrix.
    """

    @abstractmethod
    def of(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """The loss of the global batch, a scalar."""

    @abstractmethod
    def reference(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """The paper's equation as printed: the oracle of the tests."""

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
        """The loss over the global batch, a scalar; on several ranks the gradient is that of one process.

        Args:
            anchors: `[N, D]`, one view, or `[N, V, D]`.
            candidates: `[N, D]`, a second view.
            labels: int `[N]`, where the loss reads them.
            scores: Refused, as the next four: there are no pairs to say anything about, and one way to compute it.
            relation: Refused.
            negatives: Refused.
            weights: Refused.
            plan: Refused.
            **learnable: Fields given as tensors.

        Raises:
            InputError: Shapes, dtypes or lengths do not fit, there is one view where two are needed, something is
                given that cannot be used, or ranks make different calls.
        """
        given = Given(labels=labels, scores=scores, relation=relation, negatives=negatives)
        call = agreed(
            self,
            anchors,
            lambda: self.arrange(anchors, candidates, given, weights, plan),
            weights=weights,
            plan=plan,
            learnable=learnable,
        )
        ranks = call.together.ranks
        every = None if labels is None else ranks.gather(row_keys(labels, call.problem.anchors))
        # Autocast would turn the products into half precision.
        with torch.autocast(call.problem.anchors.device.type, enabled=False):
            return self.having(call.numbers).of(every_row(ranks, call.problem.anchors), every)

    def arrange(
        self,
        anchors: Tensor,
        candidates: Tensor | None,
        given: Given,
        weights: Tensor | None = None,
        plan: Plan | Budget | None = None,
    ) -> Problem:
        """Views and labels, checked."""
        name = type(self).__name__
        given.only("labels", why=f"{name} sees whole batches, not pairs")
        for argument, value in (("weights", weights), ("plan", plan)):
            if value is not None:
                raise InputError(f"{argument} cannot be used here: {name} sees whole batches, not pairs")
        views = stacked_views(anchors, candidates)
        if Needs.VIEWS in self.needs and views.shape[1] < 2:
            raise InputError(f"{name} compares views: give two or more, [N, V, D], or candidates")
        keys = row_keys(given.labels, views)
        return Problem(views, views, SameKey(keys, keys, local=given.labels is None))
