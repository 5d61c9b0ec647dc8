"""Bayesian personalised ranking: what a user took is ranked above what was drawn for comparison."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._pairs import softplus
from counterpoint.pairwise import STAGE, Needs, Objective, Staged, Tile, rows


@dataclass(frozen=True, kw_only=True)
class BPR(Objective):
    """Logistic loss on the difference between an anchor's positive and each of its negatives.

    Formula: ``loss_i = mean_{n negative} log(1 + exp(s_in - s_ip))``, p the positive of anchor i; with several, their
    mean score stands for them. Mean over the anchors that have a positive; without a negative the loss is 0. Scores
    of the paper are dot products of users and items: pass ``similarity=Dot()``. Its regularisation is weight decay.

    Shapes: users `[N, D]` with items `[M, D]`; drawn negatives `[K, D]` or `[N, H, D]`. In the batch, other users'
    items are negatives as well, unless the relation says otherwise.

    Example:
        >>> import torch
        >>> round(BPR()(torch.eye(4), torch.eye(4)).item(), 4)  # log(1 + 1 / e)
        0.3133
    """

    cites: ClassVar[Citation] = Citation(
        "Rendle, Freudenthaler, Gantner and Schmidt-Thieme",
        "BPR: Bayesian Personalized Ranking from Implicit Feedback",
        2009,
        "arXiv:1205.2618",
        "BPR-Opt, section 4.1",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    weighs_pairs: ClassVar[bool] = False

    def terms(self, s_NM: Tensor, rel: Tile) -> Staged:
        """First the mean positive of every row, then its differences from the negatives."""
        yield rows.sum(s_NM, where=rel.positive)
        yield rows.count(rel.positive, like=s_NM)
        yield rows.count(rel.negative, like=s_NM)
        total_N1, count_N1, _ = yield STAGE
        yield rows.sum(softplus(s_NM - total_N1 / count_N1.clamp_min(1)), where=rel.negative)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over rows of the mean over their negatives."""
        _, positives_N, negatives_N, loss_N = statistics
        return self.mean(loss_N / negatives_N.clamp_min(1), positives_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """BPR-Opt, user by user."""
        losses = [
            torch.log1p((s[negative] - s[positive].mean()).exp()).sum() / negative.sum().clamp_min(1)
            for s, positive, negative in zip(s_NM, rel.positive, rel.negative, strict=True)
            if positive.any()
        ]
        return torch.stack(losses).mean()
