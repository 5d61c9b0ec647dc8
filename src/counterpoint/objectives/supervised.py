"""Supervised contrast: rows of equal label attract each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._softmax import softmax_losses, softmax_terms
from counterpoint.pairwise import Needs, Objective, Term, Tile, rows


@dataclass(frozen=True, kw_only=True)
class SupCon(Objective):
    """Supervised contrastive loss: the mean log-probability of every positive among all other rows.

    Formula: ``loss_i = -1/|P(i)| sum_{p in P(i)} log( exp(s_ip / t) / sum_{a != i} exp(s_ia / t) )``, the paper's
    "out" form; mean over the rows that have a positive. With two views and no labels it is NT-Xent. The paper sums
    over rows and scales by ``t / t_base`` in its code; here it is the plain mean.

    Shapes: `[N, D]` with labels `[N]`, or two views `[N, D]` with labels `[N]`.

    Attributes:
        temperature: ``t``, positive; 0.1 as in the paper.

    Example:
        >>> import torch
        >>> z = torch.eye(2).repeat(2, 1)
        >>> bool(SupCon()(z, labels=torch.tensor([0, 1, 0, 1])) < SupCon()(z, labels=torch.tensor([0, 0, 1, 1])))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Khosla, Teterwak, Wang and others", "Supervised Contrastive Learning", 2020, "arXiv:2004.11362", "Eq. 2"
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    joint: ClassVar[bool] = True
    temperature: float = 0.1

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """Per row: log-sum-exp of all others; sum and number of positives."""
        yield from softmax_terms(rows, s_NM / self.temperature, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over rows with a positive."""
        return self.mean(softmax_losses(*statistics), statistics[2])

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 2, with its sums written out."""
        losses: list[Tensor] = []
        for i in range(len(s_NM)):
            e = torch.exp(s_NM[i] / self.temperature)
            logs = [torch.log(e[p] / e[rel.compared[i]].sum()) for p in rel.positive[i].nonzero()[:, 0]]
            if logs:
                losses.append(-torch.stack(logs).sum() / len(logs))
        return torch.stack(losses).mean()
