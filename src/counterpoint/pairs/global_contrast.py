"""Contrast with all of the data, a batch at a time: denominators and temperatures that are kept for every example."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.pairwise import (
    STAGE,
    Dot,
    Needs,
    Objective,
    Others,
    Ranks,
    SameKey,
    Similarity,
    Staged,
    Tile,
    rows,
)


class GlobalContrast(nn.Module):
    """Global contrastive loss by moving averages (SogCLR), with a learnt temperature for every example (iSogCLR).

    Formula, for row r of example e with positive ``s_r+`` and the mean over the batch's negatives n,
    ``g_r = mean_n exp((s_rn - s_r+) / t_e)``: ``u_r = (1 - momentum) u_e + momentum g_r`` (``g_r`` at first sight), and
    the loss is the mean of ``t_e (log u_r + rho)``, an estimate of what :class:`~counterpoint.objectives.RGCL` is on
    all of the data. Its gradient by the embeddings is that of ``(g_r / u_r) t_e log g_r`` with a constant first factor.
    In training mode every call then stores the mean of an example's ``u_r``, and moves its temperature by
    ``t_e -= rate m_e`` within bounds, with m a moving average of the loss's slope
    ``log u_r + rho - (g_r / u_r) E_r[s_rn - s_r+] / t_e``, E the mean under the softmax of the negatives.

    Yuan, Wu, Qiu and others, "Provable Stochastic Optimization for Global Contrastive Learning: Small Batch Does Not
    Harm Performance" (2022), arXiv:2202.12387, Algorithm 1; Qiu, Hu, Yuan and others, "Not All Semantics are Created
    Equal" (2023), arXiv:2305.11965, Algorithm 1. As in its public code the two views of an example share one average.

    State, all of it buffers, so that a checkpoint holds it and a resumed run goes on as if nothing had happened:
    ``average`` float64 `[E]`, u of every example, 0 where it was not seen; ``temperature`` `[E]`; ``slope`` `[E]`, m.
    Every rank holds all of it and makes the same updates.

    Args:
        examples: E, how many there are in the data.
        temperature: Where they start, positive; 0.1.
        momentum: Weight of the new value in the average of denominators, above 0 and up to 1; 0.9.
        rho: Radius of the divergence, positive; 0.3.
        rate: Step of the temperatures; 0 leaves them where they are, which is SogCLR; 0.01.
        slope_momentum: Weight of the new value in the average of slopes; 0.9.
        bounds: Smallest and largest temperature; 0.05 and 0.7.

    Raises:
        InputError: A setting is out of its range.
    """

    average: Tensor
    temperature: Tensor
    slope: Tensor

    def __init__(
        self,
        examples: int,
        *,
        temperature: float = 0.1,
        momentum: float = 0.9,
        rho: float = 0.3,
        rate: float = 0.01,
        slope_momentum: float = 0.9,
        bounds: tuple[float, float] = (0.05, 0.7),
    ) -> None:
        super().__init__()
        if examples < 1 or not 0 < bounds[0] <= temperature <= bounds[1] < math.inf:
            raise InputError(f"got {examples} examples and temperature {temperature} within {bounds}")
        for name, value in (("momentum", momentum), ("slope_momentum", slope_momentum)):
            if not 0 < value <= 1:
                raise InputError(f"{name} must be above 0 and up to 1, got {value}")
        if not 0 < rho < math.inf or not 0 <= rate < math.inf:
            raise InputError(f"rho must be positive and rate not negative, got {rho} and {rate}")
        self.momentum, self.rho, self.rate, self.slope_momentum, self.bounds = (
            momentum,
            rho,
            rate,
            slope_momentum,
            bounds,
        )
        # In float64 exp(2 / 0.003) is still a number.
        self.register_buffer("average", torch.zeros(examples, dtype=torch.float64))
        self.register_buffer("temperature", torch.full((examples,), temperature))
        self.register_buffer("slope", torch.zeros(examples))

    def forward(self, first: Tensor, second: Tensor, ids: Tensor) -> Tensor:
        """The loss of two views of a batch, a scalar; in training mode the state moves on.

        Args:
            first: `[N, D]`.
            second: `[N, D]`, the other view of the same examples.
            ids: int64 `[N]`, which examples they are, from 0 to E - 1; an example may occur more than once.

        Raises:
            InputError: Shapes or ids do not fit.
        """
        self._check(first, second, ids)
        z, mine = unit_rows(torch.cat([first, second])), torch.cat([ids, ids])
        t_mine = self.temperature[mine].to(z.dtype)
        relation = Others(SameKey(mine, mine))
        log_g, expected = _LogMean()(z / t_mine[:, None], z, relation=relation).unbind()
        every = Ranks.current().gather(mine)
        t, old, g = self.temperature[every].to(z.dtype), self.average[every], log_g.detach().double().exp()
        u = torch.where(old > 0, (1 - self.momentum) * old + self.momentum * g, g)
        log_u, share = u.log().to(z.dtype), (g / u).to(z.dtype)
        if self.training:
            self._move(every, u, log_u + self.rho - share * expected.detach())
        pulled = t * share * log_g
        return (pulled - pulled.detach() + t * (log_u + self.rho)).mean()

    @torch.no_grad()
    def _move(self, every: Tensor, u: Tensor, slope: Tensor) -> None:
        examples, place = every.unique(return_inverse=True)
        self.average[examples] = _means(u, place, len(examples))
        old, new = self.slope[examples], _means(slope.to(self.slope), place, len(examples))
        self.slope[examples] = (1 - self.slope_momentum) * old + self.slope_momentum * new
        moved = self.temperature[examples] - self.rate * self.slope[examples]
        self.temperature[examples] = moved.clamp(*self.bounds)

    def _check(self, first: Tensor, second: Tensor, ids: Tensor) -> None:
        if first.shape != second.shape or first.ndim != 2:
            raise InputError(
                f"two views [N, D] of one shape are needed, got {list(first.shape)} and {list(second.shape)}"
            )
        if ids.shape != first.shape[:1] or ids.is_floating_point() or ids.is_complex():
            raise InputError(f"ids must be {len(first)} integers, one per example, got {ids.dtype} {list(ids.shape)}")
        if int(ids.min()) < 0 or int(ids.max()) >= len(self.average):
            raise InputError(f"ids must be from 0 to {len(self.average) - 1}, got {int(ids.min())} to {int(ids.max())}")


def _means(values: Tensor, place: Tensor, number: int) -> Tensor:
    total = values.new_zeros(number).index_add(0, place, values)
    return total / values.new_zeros(number).index_add(0, place, torch.ones_like(values))


@dataclass(frozen=True, kw_only=True)
class _LogMean(Objective):
    """Of every row, `[2, N]`: log mean exp of negatives over the positive, and the softmax mean of that exponent."""

    needs: ClassVar[Needs] = Needs.POSITIVES | Needs.NEGATIVES
    similarity: Similarity = field(default=Dot())

    def terms(self, s_NM: Tensor, rel: Tile) -> Staged:
        yield rows.lse(s_NM, where=rel.negative)
        yield rows.count(rel.negative, like=s_NM)
        yield rows.sum(s_NM, where=rel.positive)
        yield rows.count(rel.positive, like=s_NM)
        lse_N1, *_ = yield STAGE
        s = s_NM.detach()
        share = torch.where(rel.negative, s - lse_N1.detach(), 0.0).exp()
        yield rows.sum(share * s, where=rel.negative)

    def head(self, *statistics: Tensor) -> Tensor:
        lse_N, negatives_N, positive_N, positives_N, expected_N = statistics
        if bool((negatives_N == 0).any()):
            raise InputError("GlobalContrast needs at least two different examples in a batch")
        positive_N = positive_N / positives_N
        return torch.stack([lse_N - positive_N - torch.log(negatives_N), expected_N - positive_N])

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        h = [s[n] - s[p].mean() for s, p, n in zip(s_NM, rel.positive, rel.negative, strict=True)]
        return torch.stack([torch.stack([x.exp().mean().log(), (torch.softmax(x, 0) * x).sum()]) for x in h]).T
