"""Matching by optimal transport: all anchors share the candidates out among themselves."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._softmax import nonzero, total
from counterpoint.pairwise import Needs, Objective, Streams, Terms, Tile, rows

_OUT = -1e30


def transport_plan(logits_NM: Tensor, compared: Tensor, *, iterations: int, fidelity: float | Tensor) -> Tensor:
    """Logarithm of the entropic transport plan between rows and columns of equal mass, `[N, M]`, rows summing to 1.

    Sinkhorn's iterations in the logarithm: columns, then rows, ``iterations`` times; the first time rows alone.

    Args:
        logits_NM: Similarities over the entropic weight.
        compared: Entries that may carry mass.
        iterations: 1 normalises rows once, which is a softmax.
        fidelity: 1 fixes the columns' masses; below, they may differ (unbalanced transport, rho / (rho + epsilon)).
    """
    masked = torch.where(compared, logits_NM, _OUT)
    n, m = masked.shape
    columns = masked.new_zeros(m)
    rows_of = -_lse(masked, 1)
    share = torch.log(masked.new_tensor(n / m))
    for _ in range(iterations - 1):
        columns = fidelity * (share - _lse(masked + rows_of[:, None], 0))
        rows_of = -_lse(masked + columns, 1)
    return logits_NM + rows_of[:, None] + columns


def unbalanced_plan(logits_NM: Tensor, compared: Tensor, *, iterations: int, fidelity: float | Tensor) -> Tensor:
    """Logarithm of N times the entropic plan between rows of mass 1 / N and columns of mass 1 / M, both kept loosely.

    Args:
        logits_NM: Minus the costs over the entropic weight.
        compared: Entries that may carry mass.
        iterations: Of scaling rows, then columns; 1 or more.
        fidelity: rho / (rho + epsilon) of both sides: 1 fixes their masses (columns exactly, rows in the limit).
    """
    masked = torch.where(compared, logits_NM, _OUT)
    n, m = masked.shape
    log_n, log_m = (torch.log(masked.new_tensor(size)) for size in (n, m))
    rows_of, columns = masked.new_zeros(n), masked.new_zeros(m)
    for _ in range(iterations):
        rows_of = -fidelity * (log_n + _lse(masked + columns, 1))
        columns = -fidelity * (log_m + _lse(masked + rows_of[:, None], 0))
    return logits_NM + rows_of[:, None] + columns + log_n


def _lse(x: Tensor, dim: int) -> Tensor:
    """Log-sum-exp; 0 where nothing takes part, so that nothing is divided by it."""
    total = torch.logsumexp(x, dim)
    return torch.where(total > _OUT / 2, total, 0.0)


@dataclass(frozen=True, kw_only=True)
class InverseOT(Objective):
    """Contrast as inverse optimal transport: the transport plan of the similarities should match the positives.

    Formula: with the entropic plan P between anchors and candidates of equal mass (rows sum to 1, columns to N / M),
    ``loss_i = -mean_{p positive of i} log P_ip``; mean over anchors. One iteration normalises rows alone and is
    InfoNCE; more make the candidates share the anchors. ``fidelity`` below 1 lets the columns' masses differ, which is
    unbalanced transport.

    Shapes: anchors `[N, D]`, candidates `[M, D]`. Memory: the whole matrix, and as many copies as iterations.

    Attributes:
        temperature: ``epsilon``, the entropic weight, positive; 0.07.
        fidelity: ``rho / (rho + epsilon)``, over 0 and at most 1: how closely columns keep their masses; 0.9.
        iterations: Of Sinkhorn; 1 or more; 5.

    Example:
        >>> import torch
        >>> from counterpoint.objectives import InfoNCE
        >>> z = torch.eye(4)
        >>> bool(torch.isclose(InverseOT(iterations=1)(z, z.flip(0)), InfoNCE()(z, z.flip(0))))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Shi, Zhang, Zhen and others",
        "Understanding and Generalizing Contrastive Learning from the Inverse Optimal Transport Perspective",
        2023,
        "ICML 2023",
        "section 4",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    streams: ClassVar[Streams] = Streams.WHOLE
    temperature: float = 0.07
    fidelity: float = 0.9
    iterations: int = 5

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)
        check_positive("fidelity", self.fidelity)
        if not isinstance(self.fidelity, Tensor) and self.fidelity > 1:
            raise InputError(f"fidelity must be at most 1, got {self.fidelity}")
        if self.iterations < 1:
            raise InputError(f"iterations must be 1 or more, got {self.iterations}")

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: log-masses of its positives, and their number."""
        logits = s_NM / self.temperature
        weighed = rel.log_weighted(logits)
        plan = transport_plan(weighed, rel.compared, iterations=self.iterations, fidelity=self.fidelity)
        if rel.weight is not None:
            # As in a softmax: weights are in what a row shares out, not in what its positives get of it.
            plan = plan - (weighed - logits)
        yield rows.whole(torch.where(rel.positive, rel.weighted(plan), 0.0).sum(1))
        yield total(rows, rel.positive, s_NM, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors with a positive."""
        log_N, count_N = statistics
        return self.mean(-log_N / nonzero(count_N), count_N)

    def reference(self, s_NM: Tensor, rel: Tile, /) -> Tensor:
        """Sinkhorn on the kernel itself: scalings that are multiplied."""
        weight = torch.ones_like(s_NM) if rel.weight is None else rel.weight
        kernel = torch.where(rel.compared, weight * torch.exp(s_NM / self.temperature), 0.0)
        n, m = kernel.shape
        v = kernel.new_ones(m)
        u = 1 / kernel.sum(1)
        for _ in range(self.iterations - 1):
            v = (n / m / (kernel.T @ u)) ** self.fidelity
            u = 1 / (kernel @ v)
        plan = u[:, None] * kernel * v
        losses = [
            -(w[positive] * torch.log(p[positive] / w[positive])).sum() / w[positive].sum()
            for p, w, positive in zip(plan, weight, rel.positive, strict=True)
            if positive.any()
        ]
        return torch.stack(losses).mean()
