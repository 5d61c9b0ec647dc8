"""Robust contrast: every anchor has the temperature that its own negatives ask for."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._softmax import positive_terms
from counterpoint.pairwise import Needs, Objective, Streams, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class RGCL(Objective):
    """Robust global contrastive loss of a batch, each anchor's temperature solved for exactly (iSogCLR).

    Formula, for anchor i with mean positive ``s_i+``:
    ``loss_i = min_t [t log mean_{n in N(i)} exp((s_in - s_i+) / t) + t rho]`` over ``t`` between the bounds; mean over
    anchors. It is the worst case over weights of the negatives within a KL divergence ``rho`` of uniform ones: anchors
    with many similar negatives get a high temperature. At the minimum the loss has no slope in t, so its gradient is
    that at a fixed temperature. :class:`~counterpoint.pairs.GlobalContrast` follows the same minimum over steps, by
    moving averages, where a batch is too small to stand for the data.

    Shapes: two views `[N, D]` each, or `[N, D]` with labels `[N]`. Whole rows are needed: memory for a block of rows.

    Attributes:
        rho: Radius of the divergence, positive; 0.3, which the public code recommends for one modality.
        bounds: Smallest and largest temperature; 0.05 and 0.7 as in the public code.

    Example:
        >>> import torch
        >>> round(RGCL()(torch.eye(4), torch.eye(4)).item(), 4)  # negatives alike: lowest temperature, -1 + 0.05 * 0.3
        -0.985
    """

    cites: ClassVar[Citation] = Citation(
        "Qiu, Hu, Yuan and others",
        "Not All Semantics are Created Equal: Contrastive Self-supervised Learning with Automatic Temperature "
        "Individualization",
        2023,
        "arXiv:2305.11965",
        "Eq. 6",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES | Needs.NEGATIVES
    joint: ClassVar[bool] = True
    streams: ClassVar[Streams] = Streams.ROWS
    rho: float = 0.3
    bounds: tuple[float, float] = (0.05, 0.7)

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("rho", self.rho)
        if len(self.bounds) != 2 or not 0 < self.bounds[0] <= self.bounds[1] < math.inf:
            raise InputError(f"bounds must be two temperatures, 0 < lowest <= highest, got {self.bounds}")

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: the minimum, but for the positive; the number of negatives; sum and number of positives."""
        base = rel.log_weighted(torch.zeros_like(s_NM))
        base = torch.where(rel.negative, base, -torch.inf)
        base = base - _log_sum(base)
        t_N1 = self._temperatures(s_NM.detach(), base.detach())
        yield rows.whole(t_N1[:, 0] * (_log_sum(s_NM / t_N1 + base)[:, 0] + self.rho))
        yield rows.count(rel.negative, like=s_NM)
        yield from positive_terms(rows, s_NM, rel)

    @torch.no_grad()
    def _temperatures(self, s_NM: Tensor, base_NM: Tensor) -> Tensor:
        """Where the loss has no slope in t, `[n, 1]`: bisection, as the slope ``rho - KL`` rises with t.

        Costs a softmax over the rows for every bit of the result.
        """
        low, high = (torch.full_like(s_NM[:, :1], math.log(bound)) for bound in self.bounds)
        for _ in range(math.ceil(-math.log2(torch.finfo(s_NM.dtype).eps))):
            middle = (low + high) / 2
            logits = (s_NM / middle.exp()).add_(base_NM)
            lse = torch.logsumexp(logits, 1, keepdim=True)
            expected = torch.softmax(logits, 1).mul_(s_NM).sum(1, keepdim=True) / middle.exp()
            divergence = expected - lse
            rising = divergence < self.rho
            low, high = torch.where(rising, low, middle), torch.where(rising, middle, high)
        return ((low + high) / 2).exp()

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a positive.

        Raises:
            InputError: An anchor has no negative.
        """
        worst_N, negatives_N, positive_N, count_N = statistics
        if bool((negatives_N == 0).any()):
            raise InputError("RGCL needs at least one negative for every anchor, and some anchor has none")
        return self.mean(worst_N - positive_N / torch.where(count_N > 0, count_N, 1.0), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 6, anchor by anchor; the temperature where the derivative of the loss is 0."""
        losses: list[Tensor] = []
        for s, positive, negative in zip(s_NM, rel.positive, rel.negative, strict=True):
            if positive.any():
                h = s[negative] - s[positive].mean()
                t = _root_of_slope(h.detach(), torch.as_tensor(self.rho).item(), self.bounds)
                losses.append(t * torch.exp(h / t).mean().log() + t * self.rho)
        return torch.stack(losses).mean()


def _log_sum(x_NM: Tensor) -> Tensor:
    """Log-sum-exp of rows, `[n, 1]`; 0 where a row is all -inf, whose shares are then 0 and not NaN."""
    total = torch.logsumexp(torch.where(torch.isinf(x_NM).all(1, keepdim=True), 0.0, x_NM), 1, keepdim=True)
    return torch.where(torch.isinf(x_NM).all(1, keepdim=True), 0.0, total)


def _root_of_slope(h: Tensor, rho: float, bounds: tuple[float, float]) -> float:
    low, high = bounds
    for _ in range(100):
        t = (low + high) / 2
        mean = torch.exp(h / t).mean()
        slope = torch.log(mean) + rho - (torch.exp(h / t) * h).mean() / mean / t
        low, high = (low, t) if slope > 0 else (t, high)
    return (low + high) / 2
