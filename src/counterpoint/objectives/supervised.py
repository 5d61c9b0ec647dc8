"""Supervised contrast: rows of equal label attract each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._softmax import nonzero, softmax_losses, softmax_terms, total
from counterpoint.pairwise import Needs, Objective, Term, Tile, rows


@dataclass(frozen=True, kw_only=True)
class SupCon(Objective):
    """Supervised contrastive loss: the mean log-probability of every positive among all other rows.

    Formula: ``loss_i = -1/|P(i)| sum_{p in P(i)} log( exp(s_ip / t) / sum_{a != i} exp(s_ia / t) )``, the paper's
    "out" form; mean over the rows that have a positive. With two views and no labels it is NT-Xent. The paper sums
    over rows and scales by ``t / t_base`` in its code; here it is the plain mean.

    The "in" form, ``-log( 1/|P(i)| sum_{p in P(i)} exp(s_ip / t) / sum_{a != i} exp(s_ia / t) )``, is never larger and
    lets the most similar positives do the work.

    With ``weights`` 0 for the rows of earlier tasks it is the asymmetric loss of Co2L (Cha, Lee and Shin, 2021,
    arXiv:2106.14413): rows from memory are positives and negatives, and no anchors.

    Shapes: `[N, D]` with labels `[N]`, or two views `[N, D]` with labels `[N]`.

    Attributes:
        temperature: ``t``, positive; 0.1 as in the paper.
        inside: The "in" form: positives are averaged inside the logarithm.

    Example:
        >>> import torch
        >>> z = torch.eye(2).repeat(2, 1)
        >>> bool(SupCon()(z, labels=torch.tensor([0, 1, 0, 1])) < SupCon()(z, labels=torch.tensor([0, 0, 1, 1])))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Khosla, Teterwak, Wang and others", "Supervised Contrastive Learning", 2020, "arXiv:2004.11362", "Eqs. 2 and 3"
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    joint: ClassVar[bool] = True
    temperature: float = 0.1
    inside: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """Per row: log-sum-exp of all others; sum of positives, or their log-sum-exp; their number."""
        logits = s_NM / self.temperature
        if not self.inside:
            yield from softmax_terms(rows, logits, rel)
            return
        yield rows.lse(rel.log_weighted(logits), where=rel.compared)
        yield rows.lse(rel.log_weighted(logits), where=rel.positive)
        yield total(rows, rel.positive, s_NM, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over rows with a positive."""
        all_N, positive_N, count_N = statistics
        if not self.inside:
            return self.mean(softmax_losses(*statistics), count_N)
        return self.mean(all_N - torch.where(count_N > 0, positive_N, 0.0) + torch.log(nonzero(count_N)), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 2 or 3, with its sums written out."""
        losses: list[Tensor] = []
        for i in range(len(s_NM)):
            e = torch.exp(s_NM[i] / self.temperature)
            shares = [e[p] / e[rel.compared[i]].sum() for p in rel.positive[i].nonzero()[:, 0]]
            if shares and self.inside:
                losses.append(-torch.log(torch.stack(shares).sum() / len(shares)))
            elif shares:
                losses.append(-torch.log(torch.stack(shares)).sum() / len(shares))
        return torch.stack(losses).mean()
