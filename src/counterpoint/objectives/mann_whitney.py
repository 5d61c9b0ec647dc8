"""Area under the ROC curve: every positive pair of the batch against every negative pair, whoever their anchors are."""

from dataclasses import dataclass
from typing import Any, ClassVar, cast

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._pairs import softplus
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Needs, Objective, Streams, Terms, Tile, rows
from counterpoint.pairwise.once import first_derivative_only


@dataclass(frozen=True, kw_only=True)
class MannWhitney(Objective):
    """Mann-Whitney loss: a smooth count of the negative pairs that score above a positive pair, pooled over anchors.

    Formula: ``mean over positive pairs (i, p) and negative pairs (k, n) of log(1 + exp((s_kn - s_ip) / t))``, k any
    anchor. It bounds the area over the ROC curve of all pairs by ``loss / log 2``, and unlike a softmax it changes
    when all scores of one anchor are shifted. The batch form of the paper sums over the negative pairs.

    Shapes: anchors `[N, D]`, candidates `[M, D]`, or `[N, D]` with labels `[N]`. Memory: the matrix N x M; time:
    the number of positive pairs times that of negative ones.

    Attributes:
        temperature: ``t``, positive; 0.01 as in the paper.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> round(MannWhitney(temperature=1.0)(z, z).item(), 4)  # log(1 + 1 / e)
        0.3133
    """

    cites: ClassVar[Citation] = Citation(
        "Sheikholeslami, Hosseini, Bechard and others",
        "Optimizing What Matters: AUC-Driven Learning for Robust Neural Retrieval",
        2025,
        "arXiv:2510.00137",
        "Eq. 2 with temperature; in a batch as Eq. 3",
    )
    needs: ClassVar[Needs] = Needs.NOTHING
    streams: ClassVar[Streams] = Streams.WHOLE
    most_entries: ClassVar[int] = 1 << 18
    temperature: float = 0.01

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """The whole matrix, and the weights of its positive and negative entries."""
        yield rows.whole(s_NM)
        for where in (rel.positive, rel.negative):
            yield rows.whole(rel.weighted(where.to(s_NM.dtype)).to(s_NM.dtype))

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over pairs of pairs; 0 when there are none."""
        s_NM, *weights = statistics
        (positive, w_P), (negative, w_Q) = ((s_NM[weight > 0], weight[weight > 0]) for weight in weights)
        t = torch.as_tensor(self.temperature, dtype=s_NM.dtype, device=s_NM.device)
        total = cast(Tensor, _Pooled.apply(positive / t, negative / t, w_P, w_Q))  # pyright: ignore[reportUnknownMemberType]
        pairs = w_P.sum() * w_Q.sum()
        return total / torch.where(pairs > 0, pairs, 1.0)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 2 over all pairs of pairs."""
        losses = [
            torch.logaddexp((negative - positive) / self.temperature, torch.zeros_like(positive))
            for positive in s_NM[rel.positive]
            for negative in s_NM[rel.negative]
        ]
        return torch.stack(losses).mean() if losses else 0 * s_NM.sum()


class _Pooled(torch.autograd.Function):
    """``sum_pq v_p w_q softplus(y_q - x_p)`` and its derivative, no more differences at a time than there are pairs."""

    @staticmethod
    def forward(ctx: Any, x_P: Tensor, y_Q: Tensor, v_P: Tensor, w_Q: Tensor) -> Tensor:
        total = x_P.new_zeros(())
        gx, gy = torch.zeros_like(x_P), torch.zeros_like(y_Q)
        at_once = max(1, len(x_P) // max(1, len(y_Q)))
        for start in range(0, len(x_P), at_once):
            block = slice(start, start + at_once)
            differences = y_Q - x_P[block, None]
            total += v_P[block] @ softplus(differences) @ w_Q
            slopes = differences.sigmoid_()
            gx[block] -= v_P[block] * (slopes @ w_Q)
            gy += w_Q * (v_P[block] @ slopes)
        ctx.save_for_backward(gx, gy)
        return total

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        gx, gy = ctx.saved_tensors
        return grad * gx, grad * gy, None, None
