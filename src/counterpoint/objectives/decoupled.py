"""Decoupled contrast: the positive is taken out of the denominator."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._softmax import positive_terms, softmax_losses
from counterpoint.pairwise import Needs, Objective, Term, Tile, rows


@dataclass(frozen=True, kw_only=True)
class DCL(Objective):
    """Decoupled contrastive loss: NT-Xent without the positive in its denominator.

    Formula: ``loss_i = -s_ip / t + log sum_{j negative of i} exp(s_ij / t)``, one log-sum-exp over the negatives of
    both views; mean over 2N rows. With several positives, their mean similarity.

    Shapes: two views `[N, D]` each; at least two rows a view, or there is no negative.

    Attributes:
        temperature: ``t``, positive; 0.1 as the paper's small-batch setting.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> round(DCL(temperature=1.0)(z, z).item(), 4)  # log of 6 orthogonal negatives, minus 1
        0.7918
    """

    cites: ClassVar[Citation] = Citation(
        "Yeh, Hong, Hsu and others", "Decoupled Contrastive Learning", 2022, "arXiv:2110.06848", "Eq. 6"
    )
    needs: ClassVar[Needs] = Needs.POSITIVES | Needs.NEGATIVES
    joint: ClassVar[bool] = True
    temperature: float = 0.1

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """Per row: log-sum-exp of the negatives; sum and number of positives."""
        logits = s_NM / self.temperature
        yield rows.lse(rel.log_weighted(logits), where=rel.negative)
        yield from positive_terms(rows, logits, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over rows with a positive.

        Raises:
            InputError: A row has no negative: the loss would be minus infinity.
        """
        lse_N, _, count_N = statistics
        if bool((lse_N == -torch.inf).any()):
            raise InputError("DCL needs at least one negative for every anchor, and some anchor has none")
        return self.mean(softmax_losses(*statistics), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 6, row by row."""
        losses: list[Tensor] = []
        for s, positive, negative in zip(s_NM / self.temperature, rel.positive, rel.negative, strict=True):
            if positive.any():
                losses.append(-s[positive].mean() + torch.log(torch.exp(s[negative]).sum()))
        return torch.stack(losses).mean()
