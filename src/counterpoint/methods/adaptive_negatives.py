"""Negatives weighed by a network that learns with the contrast: AdaMEOW."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor, nn

from counterpoint.base.checks import check_positive_number
from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.pairwise import Budget, Needs, Objective, Plan, Problem, Terms, Tile, rows
from counterpoint.pairwise.gates import GatedDot


class AdaptiveNegatives(nn.Module):
    """InfoNCE whose candidates weigh what a small network says of the sum of both unit rows.

    Formula, with cosines ``s_ij``, weights ``w_ij = sigmoid(v . tanh(W (a_i + b_j) + c) + d)``: ``loss_i =
    -log(exp(s_ii / t) / sum_j w_ij exp(s_ij / t))``, mean over anchors. With ``levelled`` the weights of an anchor's
    negatives are divided by their mean and its positive weighs 1: otherwise smaller weights everywhere are a way to a
    lower loss. Yu, Ge, Li and Zhou (2024), "Heterogeneous Graph Contrastive Learning with Meta-path Contexts and
    Adaptively Weighted Negative Samples", arXiv:2212.13847, with the positive in the denominator; levelling is ours.
    Neither cosines nor weights are kept as a matrix: they are computed tile by tile, twice, and all ranks' rows are
    candidates.

    Attributes:
        gate: The network, from D through a hidden layer to a number between 0 and 1.
    """

    def __init__(self, dim: int, *, hidden: int = 16, temperature: float = 0.4, levelled: bool = False) -> None:
        """Draw the network from torch's random state.

        Args:
            dim: D of the rows.
            hidden: H, units of the network.
            temperature: ``t``, positive.
            levelled: Whether weights of an anchor's negatives have a mean of 1.

        Raises:
            InputError: A width below 1, or a temperature that is not positive.
        """
        super().__init__()
        if min(dim, hidden) < 1:
            raise InputError(f"dim and hidden must be at least 1, got {dim} and {hidden}")
        check_positive_number("temperature", temperature)
        self.dim, self.temperature = dim, temperature
        self.inner, self.outer = nn.Linear(dim, hidden), nn.Linear(hidden, 1)
        self.loss = _AgainstWeighed(similarity=GatedDot(hidden), levelled=levelled)

    def forward(
        self, anchors: Tensor, candidates: Tensor, step: int = 0, *, plan: Plan | Budget | None = None
    ) -> Tensor:
        """The loss, a scalar.

        Args:
            anchors: `[N, D]`.
            candidates: `[N, D]`; row i is the positive of anchor i, the others are its negatives.
            step: Not read; other losses of nodes go by it.
            plan: How to compute it; does not change the value.

        Raises:
            InputError: Rows of another width, or of another number on one side, or a single pair.
        """
        del step
        for name, side in (("anchors", anchors), ("candidates", candidates)):
            if side.ndim != 2 or side.shape[1] != self.dim:
                raise InputError(f"{name} must be [N, {self.dim}], got {list(side.shape)}")
        return self.loss(*self._factors(unit_rows(anchors), unit_rows(candidates)), plan=plan)

    def weights(self, anchors: Tensor, candidates: Tensor) -> Tensor:
        """All weights `[N, M]` for a look at them, levelled where the loss has them so and then 1 for paired rows."""
        a, b = self._factors(unit_rows(anchors), unit_rows(candidates))
        a[:, : self.dim] = 0
        found = self.loss.similarity.scores(a, b).exp()
        if not self.loss.levelled:
            return found
        own = torch.eye(*found.shape, dtype=torch.bool, device=found.device)
        mean = found.masked_fill(own, 0.0).sum(1, keepdim=True) / (~own).sum(1, keepdim=True)
        return (found / mean).masked_fill(own, 1.0)

    def _factors(self, a_ND: Tensor, b_MD: Tensor) -> tuple[Tensor, Tensor]:
        """Rows as ``GatedDot`` reads them."""
        network = torch.cat([self.outer.weight[0], self.outer.bias])
        a = [a_ND / self.temperature, self.inner(a_ND), network.expand(len(a_ND), -1)]
        b = [b_MD, b_MD @ self.inner.weight.T, network.new_zeros(len(b_MD), len(network))]
        return torch.cat(a, 1), torch.cat(b, 1)


@dataclass(frozen=True, kw_only=True)
class _AgainstWeighed(Objective):
    """A positive against weighed negatives, from scores that hold the log-weights.

    Attributes:
        levelled: As of the module.
    """

    needs: ClassVar[Needs] = Needs.POSITIVES | Needs.NEGATIVES
    similarity: GatedDot = field(default=GatedDot())
    levelled: bool = False

    def parts(self, problem: Problem) -> list[Problem]:
        """Scores, and log-weights alone: those of rows without features."""
        width = problem.anchors.shape[1] - 2 * self.similarity.hidden - 1
        bare = torch.cat([torch.zeros_like(problem.anchors[:, :width]), problem.anchors[:, width:]], 1)
        return [problem, Problem(bare, problem.candidates, problem.relation)]

    def joined(self, found: list[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """Those of the scores, then those of the weights."""
        return tuple(one for part in found for one in part)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: log-sum-exp of negatives, the positive, and how many negatives there are."""
        yield rows.lse(s_NM, where=rel.negative)
        yield rows.sum(s_NM, where=rel.positive)
        yield rows.count(rel.negative, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over anchors."""
        lse_N, own_N, count_N, log_total_N, log_own_N, _ = statistics
        if bool((count_N == 0).any()):
            raise InputError("weighed negatives need two pairs or more, got one")
        positive_N = own_N - log_own_N
        if not self.levelled:
            return self.mean(torch.logaddexp(lse_N, own_N) - positive_N)
        log_mean_N = log_total_N - count_N.log()
        return self.mean(torch.logaddexp(lse_N - log_mean_N, positive_N) - positive_N)

    def reference(self, s_2NN: Tensor, rel: Tile, /) -> Tensor:
        """The definition, from scores and log-weights of all pairs."""
        logits, w = s_2NN[0] - s_2NN[1], s_2NN[1].exp()
        if self.levelled:
            mean = torch.where(rel.negative, w, 0.0).sum(1, keepdim=True) / rel.negative.sum(1, keepdim=True)
            w = torch.where(rel.positive, 1.0, w / mean)
        return -torch.log(logits[rel.positive].exp() / (w * logits.exp()).sum(1)).mean()
