"""Hardness: negatives that are more similar to the anchor count for more."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_count, check_finite, check_positive, check_prior
from counterpoint.objectives._softmax import debiased, nonzero, positive_terms, softplus, total
from counterpoint.pairwise import Cosine, Needs, Objective, Similarity, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class HCL(Objective):
    """Hard-negative contrast: NT-Xent whose negatives are reweighted by their similarity, and debiased.

    Formula, with the H negatives of anchor i, its mean positive logit ``s_ip / t`` and its positives P(i):
    ``loss_i = -log( exp(s_ip / t) / (exp(s_ip / t) + H g_i) )``,
    ``g_i = max( (mean_{j negative} w_ij exp(s_ij / t) - tau_plus mean_{p in P(i)} exp(s_ip / t)) / (1 - tau_plus),
    exp(-1 / t) )``, ``w_ij = exp(beta s_ij / t) / mean_{k negative} exp(beta s_ik / t)``; mean over the rows that
    have a positive. The floor is the least that exp of a cosine can be: similarities are cosines. The weights are
    differentiated, as in the paper's objective and its public code.

    Shapes: two views `[N, D]` each, or `[N, D]` with labels `[N]`.

    Attributes:
        temperature: ``t``, positive; 0.5 as in the paper.
        beta: Concentration on hard negatives; 1 as in the paper's smallest setting, 0 is the debiased loss.
        tau_plus: How likely a negative is of the anchor's class, from 0 to below 1; 0.1 as in the public code. With 0
            for both, it is NT-Xent for one positive.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> bool(HCL(beta=0.0)(z, z) < HCL(beta=0.0)(z, z.flip(0)))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Robinson, Chuang, Sra and Jegelka",
        "Contrastive Learning with Hard Negative Samples",
        2021,
        "arXiv:2010.04592",
        "Eq. 4",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES | Needs.NEGATIVES
    joint: ClassVar[bool] = True
    similarity: Similarity = field(default=Cosine(), init=False, repr=False)
    temperature: float = 0.5
    beta: float = 1.0
    tau_plus: float = 0.1

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)
        check_finite("beta", self.beta)
        check_prior("tau_plus", self.tau_plus)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: log-sum-exps of weighted negatives and of their weights; their number; positives in three ways."""
        logits = s_NM / self.temperature
        yield rows.lse(rel.log_weighted(logits + self.beta * logits), where=rel.negative)
        yield rows.lse(rel.log_weighted(self.beta * logits), where=rel.negative)
        yield total(rows, rel.negative, s_NM, rel)
        yield rows.lse(rel.log_weighted(logits), where=rel.positive)
        yield from positive_terms(rows, logits, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over rows with a positive.

        Raises:
            InputError: A row has no negative to weigh.
        """
        hard_N, norm_N, negatives_N, same_N, positive_N, count_N = statistics
        if bool((negatives_N == 0).any()):
            raise InputError("HCL needs at least one negative for every anchor, and some anchor has none")
        same_N = torch.where(count_N > 0, same_N, 0.0) - torch.log(nonzero(count_N))
        negative_N = hard_N - norm_N + torch.log(negatives_N)
        repelled_N = debiased(negative_N, same_N, negatives_N, self.tau_plus, -1 / self.temperature)
        return self.mean(softplus(repelled_N - positive_N / nonzero(count_N)), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 4 with the self-normalised weights written out, row by row."""
        losses: list[Tensor] = []
        for s, positive, negative in zip(s_NM, rel.positive, rel.negative, strict=True):
            if positive.any():
                e = torch.exp(s / self.temperature)
                weights = e[negative] ** self.beta
                hard = (weights * e[negative]).mean() / weights.mean()
                g = (hard - self.tau_plus * e[positive].mean()) / (1 - self.tau_plus)
                floor = torch.exp(-torch.ones_like(g) / self.temperature)
                attracted = torch.exp((s[positive] / self.temperature).mean())
                repelled = negative.sum() * torch.maximum(g, floor)
                losses.append(-torch.log(attracted / (attracted + repelled)))
        return torch.stack(losses).mean()


@dataclass(frozen=True, kw_only=True)
class HardnessWeighted(Objective):
    """Hardness-weighted contrast: InfoNCE whose negatives are weighted by exp of their own similarity, held constant.

    Formula, for anchor i with positives P(i) and negatives N(i): ``loss_i = log( sum_{p in P(i)} exp(s_ip / t) +
    sum_{n in N(i)} w_in exp(s_in / t) ) - mean_{p in P(i)} s_ip / t``, ``w_in = exp(alpha s_in)`` without gradient;
    mean over the anchors that have a positive. Unlike those of HCL the weights are not normalised.

    Shapes: anchors `[N, D]`, candidates `[M, D]`, extra negatives `[K, D]` or `[N, H, D]`.

    Attributes:
        temperature: ``t``, positive; 0.02 as in the paper.
        alpha: Strength of the weights; 9 as in the paper, 0 is InfoNCE.

    Example:
        >>> import torch
        >>> round(HardnessWeighted(temperature=1.0)(torch.eye(4), torch.eye(4)).item(), 4)  # orthogonal: all weigh 1
        0.7437
    """

    cites: ClassVar[Citation] = Citation(
        "Lan, Niu, Meng and others",
        "LLaVE: Large Language and Vision Embedding Models with Hardness-Weighted Contrastive Learning",
        2025,
        "arXiv:2503.04812",
        "Eq. 5",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    detached: ClassVar[bool] = True
    temperature: float = 0.02
    alpha: float = 9.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)
        check_finite("alpha", self.alpha)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: log-sum-exp of weighted negatives and of positives; sum and number of positives."""
        logits = s_NM / self.temperature
        yield rows.lse(rel.log_weighted(logits + self.alpha * s_NM.detach()), where=rel.negative)
        yield rows.lse(rel.log_weighted(logits), where=rel.positive)
        yield from positive_terms(rows, logits, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a positive."""
        negative_N, same_N, positive_N, count_N = statistics
        all_N = torch.logaddexp(negative_N, torch.where(count_N > 0, same_N, 0.0))
        return self.mean(all_N - positive_N / nonzero(count_N), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 5, anchor by anchor."""
        losses: list[Tensor] = []
        for s, positive, negative in zip(s_NM, rel.positive, rel.negative, strict=True):
            if positive.any():
                policy, reward = s / self.temperature, self.alpha * s.detach()
                denominator = torch.logsumexp(torch.cat([policy[positive], (policy + reward)[negative]]), 0)
                losses.append(-(policy[positive] - denominator).mean())
        return torch.stack(losses).mean()


@dataclass(frozen=True, kw_only=True)
class HardestNegatives(Objective):
    """InfoNCE against the k most similar negatives of every anchor; the easy ones are left out.

    Formula, for anchor i with positives P(i) and H(i) the k most similar of its negatives (all, if there are fewer):
    ``loss_i = log sum_{j in P(i) or H(i)} exp(s_ij / t) - mean_{p in P(i)} s_ip / t``; mean over the anchors that
    have a positive. Both directions of a dual view are two calls, each with the same queue as ``negatives``, whose
    losses are added with weights.

    Shapes: anchors `[N, D]`, candidates `[M, D]`, extra negatives `[K, D]` or `[N, H, D]`.

    Attributes:
        temperature: ``t``, positive; 0.07 as for InfoNCE.
        k: How many negatives are kept, at least 1; with as many as there are it is InfoNCE.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> round(HardestNegatives(temperature=1.0, k=1)(z, z).item(), 4)  # log((e + 1) / e)
        0.3133
    """

    cites: ClassVar[Citation] = Citation(
        "Gu, Yang, Feng and others",
        "Breaking the Modality Barrier: Universal Embedding Learning with Multimodal LLMs",
        2025,
        "arXiv:2504.17432",
        "the hard-negative stage",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    temperature: float = 0.07
    k: int = 8

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)
        check_count("k", self.k, least=1)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: the hardest negatives; log-sum-exp, sum and number of positives."""
        logits = s_NM / self.temperature
        yield rows.top(rel.log_weighted(logits), self.k, where=rel.negative)
        yield rows.lse(rel.log_weighted(logits), where=rel.positive)
        yield from positive_terms(rows, logits, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a positive."""
        hardest_Nk, same_N, positive_N, count_N = statistics
        same_N = torch.where(count_N > 0, same_N, 0.0)
        all_N = torch.logsumexp(torch.cat([same_N[:, None], hardest_Nk], 1), 1)
        return self.mean(all_N - positive_N / nonzero(count_N), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Anchor by anchor, its negatives sorted."""
        losses: list[Tensor] = []
        for logits, positive, negative in zip(s_NM / self.temperature, rel.positive, rel.negative, strict=True):
            if positive.any():
                hardest = torch.sort(logits[negative], descending=True).values[: self.k]
                total = torch.exp(logits[positive]).sum() + torch.exp(hardest).sum()
                losses.append(torch.log(total) - logits[positive].mean())
        return torch.stack(losses).mean()
