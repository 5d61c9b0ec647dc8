"""A temperature that follows the batch."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, softplus

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_finite, check_fraction, check_positive
from counterpoint.objectives._softmax import positive_terms, softmax_losses
from counterpoint.pairwise import Cosine, Needs, Objective, Similarity, Terms, Tile, rows
from counterpoint.pairwise.call import Call

_ONE = -30.0
"""Below this, softplus over sigmoid is 1 to all digits of float64, and underflows further down."""


@dataclass(frozen=True, kw_only=True)
class MACL(Objective):
    """Model-aware contrast: the better positives are aligned, the warmer; and easy anchors weigh as much as hard ones.

    Formula: ``t = t0 (1 + alpha (A - A0))`` with A the mean cosine of all positives; for row i with mean positive
    logit ``x_i`` and ``P_i = exp(x_i) / (exp(x_i) + sum_{j negative of i} exp(s_ij / t))``,
    ``loss_i = -log(P_i) / (1 - P_i)``; mean over 2N rows. A and the factor ``1 / (1 - P_i)`` are constants to the
    gradient. What is left of the gradient is that of ``log sum_j exp(s_ij / t) - x_i``, DCL's at temperature t, and
    so it is computed: 1 - P_i cancels and need not be divided by.

    Shapes: two views `[N, D]` each, or `[N, D]` with labels `[N]`. One more pass, over positives alone, finds A.

    Attributes:
        temperature: ``t0``, positive; 0.1 as in the public code.
        alpha: How far the temperature moves, from 0 to 1; 0.5 as in the public code.
        threshold: ``A0``, the mean cosine at which it is ``t0``, from 0 to 1; ``alpha (1 + A0)`` must be below 1, or
            opposite positives would make the temperature negative.

    Raises:
        InputError: The settings would let the temperature become negative.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> bool(MACL()(z, z) < MACL()(z, z.flip(0)))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Huang, Chen, Wen and others",
        "Model-Aware Contrastive Learning: Towards Escaping the Dilemmas",
        2023,
        "arXiv:2207.07874",
        "the MACL loss, as in its public code",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES | Needs.NEGATIVES
    joint: ClassVar[bool] = True
    detached: ClassVar[bool] = True
    similarity: Similarity = field(default=Cosine(), init=False, repr=False)
    temperature: float = 0.1
    alpha: float = 0.5
    threshold: float = 0.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)
        check_fraction("alpha", self.alpha)
        check_finite("threshold", self.threshold)
        alpha, threshold = self.alpha, self.threshold
        if not isinstance(alpha, Tensor) and not isinstance(threshold, Tensor) and alpha * (1 + threshold) >= 1:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InputError(f"alpha (1 + threshold) must be below 1, got alpha = {alpha} and threshold = {threshold}")

    def adapted(self, alignment: Tensor) -> Tensor:
        """The temperature at a mean cosine of positives."""
        return self.temperature * (1 + self.alpha * (alignment.detach() - self.threshold))

    def collect(self, call: Call) -> tuple[Tensor, ...]:
        """First the mean cosine of positives, then the statistics at the temperature that follows from it."""
        alignment = _alignment(*_Positives(similarity=self.similarity).collect(replace(call, numbers={})))
        return super().collect(replace(call, numbers={"temperature": self.having(call.numbers).adapted(alignment)}))

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row, at a temperature that is already adapted: log-sum-exp of negatives; sum and number of positives."""
        logits = s_NM / self.temperature
        yield rows.lse(rel.log_weighted(logits), where=rel.negative)
        yield from positive_terms(rows, logits, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over rows with a positive.

        Raises:
            InputError: A row has no negative.
        """
        lse_N, _, count_N = statistics
        if bool((lse_N == -torch.inf).any()):
            raise InputError("MACL needs at least one negative for every anchor, and some anchor has none")
        x_N = softmax_losses(*statistics)
        far = x_N.detach().clamp_min(_ONE)
        value_N = softplus(far) / logsigmoid(far).exp()
        return self.mean(x_N + (value_N - x_N.detach()), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """As in the public code, row by row."""
        owning = rel.positive.any(1)
        means = torch.stack([s[p].mean() for s, p in zip(s_NM[owning], rel.positive[owning], strict=True)])
        t = self.temperature * (1 + self.alpha * (means.mean().detach() - self.threshold))
        repelled = [(s[n] / t).exp().sum() for s, n in zip(s_NM[owning], rel.negative[owning], strict=True)]
        attracted = (means / t).exp()
        p = attracted / (attracted + torch.stack(repelled))
        return (-torch.log(p) / (1 - p).detach()).mean()


@dataclass(frozen=True, kw_only=True)
class _Positives(Objective):
    """Sum and number of each row's positives."""

    needs: ClassVar[Needs] = Needs.POSITIVES

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        yield from positive_terms(rows, s_NM, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        return _alignment(*statistics)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        return s_NM[rel.positive].mean()


def _alignment(positive_N: Tensor, count_N: Tensor) -> Tensor:
    """Mean over rows of their mean positive; rows without are left out."""
    has = count_N > 0
    means = torch.where(has, positive_N / torch.where(has, count_N, 1.0), 0.0)
    return means.sum() / has.sum().clamp_min(1)
