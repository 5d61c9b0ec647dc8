"""Pairwise sigmoid losses: every pair is a yes-or-no question of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_finite, check_positive
from counterpoint.pairwise import Needs, Objective, Term, Tile, rows


@dataclass(frozen=True, kw_only=True)
class SigLIP(Objective):
    """Sigmoid loss for pairs: binary cross-entropy of "is this the positive?" on every pair.

    Formula: ``loss = 1/N sum_ij softplus(-y_ij (scale s_ij + bias))``, y = +1 for positives and -1 for negatives;
    the sum over a row's candidates is not averaged, as in the paper.

    Shapes: anchors `[N, D]`, candidates `[M, D]`.

    Attributes:
        scale: Inverse temperature; the paper starts its learned one at 10.
        bias: Starts at -10, so that the many negatives do not dominate the first steps.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> bool(SigLIP()(z, z) < SigLIP()(z, z.flip(0)))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Zhai, Mustafa, Kolesnikov and Beyer",
        "Sigmoid Loss for Language Image Pre-Training",
        2023,
        "arXiv:2303.15343",
        "Eq. 1",
    )
    needs: ClassVar[Needs] = Needs.NOTHING
    scale: float = 10.0
    bias: float = -10.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("scale", self.scale)
        check_finite("bias", self.bias)

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """Per row: the loss of all its pairs as if they were negatives, and the logits of its positives."""
        logits = self.scale * s_NM + self.bias
        # softplus(-x) = softplus(x) - x. By logsigmoid, as softplus turns linear beyond 20.
        yield rows.sum(rel.weighted(-logsigmoid(-logits)), where=rel.compared)
        yield rows.sum(rel.weighted(logits), where=rel.positive)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over anchors of the row sums."""
        repelled_N, attracted_N = statistics
        return self.mean(repelled_N - attracted_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Algorithm 1: signs in {-1, 0, 1}, log-sigmoid, sum over pairs divided by N."""
        signs = rel.positive.to(s_NM.dtype) - rel.negative.to(s_NM.dtype)
        losses = -torch.log(torch.sigmoid(signs * (self.scale * s_NM + self.bias)))
        return losses[signs != 0].sum() / len(s_NM)
