"""Soft targets: a pair is positive to a degree, and the softmax is to follow the degrees."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._softmax import positive_terms, softmax_losses
from counterpoint.pairwise import Axis, Needs, Objective, Requests, Term, Tile, cols, rows


@dataclass(frozen=True, kw_only=True)
class SoftTargets(Objective):
    """Cross-entropy of an anchor's softmax over the candidates with the weights of its positives as targets.

    Formula: ``loss_i = -1/W_i sum_j w_ij log( exp(s_ij / t) / sum_{k in C(i)} exp(s_ik / t) )``, ``W_i = sum_j w_ij``
    over the positives j of anchor i and C(i) all that it is compared with; mean over the anchors that have a positive.
    Unlike in InfoNCE, weights do not enter the denominator. ``relation=Explicit.graded(w)`` gives a weight to every
    pair. By what w is, it is CWCL (``(1 + cosine) / 2`` of a frozen model's embeddings of the other modality), scores
    of a person or a language model as targets, mixtures (``lambda`` and ``1 - lambda``), kernels of metadata, or
    distillation (a teacher's softmax; less its entropy, which has no gradient, the KL divergence). Without weights it
    is InfoNCE, and SupCon among labelled rows.

    Shapes: anchors `[N, D]`, candidates `[M, D]`, a relation `[N, M]`; or as InfoNCE.

    Attributes:
        temperature: ``t``, positive; 0.07 as for InfoNCE.
        symmetric: The mean of both directions; candidates have the same targets, as a share of their own ``W_j``.

    Example:
        >>> import torch
        >>> from counterpoint.pairwise import Explicit
        >>> z, w = torch.eye(3), torch.tensor([[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]])
        >>> round(SoftTargets(temperature=1.0)(z, z, relation=Explicit.graded(w)).item(), 4)
        0.7737
    """

    cites: ClassVar[Citation] = Citation(
        "Srinivasa, Cho, Yang and others",
        "CWCL: Cross-Modal Transfer with Continuously Weighted Contrastive Loss",
        2023,
        "arXiv:2309.14580",
        "the continuously weighted loss",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    temperature: float = 0.07
    symmetric: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """Per row, and per column: log-sum-exp of what is compared; sum and weight of positives."""
        logits = s_NM / self.temperature
        yield from _direction(rows, logits, rel)
        if self.symmetric:
            yield from _direction(cols, logits, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a positive; of both directions."""
        by_row, by_col = statistics[:3], statistics[3:]
        loss = self.mean(softmax_losses(*by_row), by_row[2])
        if not self.symmetric:
            return loss
        return (loss + self.mean(softmax_losses(*by_col), by_col[2], axis=Axis.COLS)) / 2

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Cross-entropies with the normalised weights, anchor by anchor."""
        weight = rel.positive.to(s_NM.dtype) if rel.weight is None else rel.positive * rel.weight
        loss = _cross_entropy(s_NM / self.temperature, weight, rel.compared)
        if not self.symmetric:
            return loss
        return (loss + _cross_entropy(s_NM.T / self.temperature, weight.T, rel.compared.T)) / 2


def _direction(axis: Requests, logits_NM: Tensor, rel: Tile) -> Iterator[Term]:
    yield axis.lse(logits_NM, where=rel.compared)
    yield from positive_terms(axis, logits_NM, rel)


def _cross_entropy(logits_NM: Tensor, weight_NM: Tensor, compared: Tensor) -> Tensor:
    losses: list[Tensor] = []
    for logits, weight, there in zip(logits_NM, weight_NM, compared, strict=True):
        if weight.sum() > 0:
            log_q = torch.log_softmax(logits[there], 0)
            losses.append(-(weight[there] / weight.sum() * log_q).sum())
    return torch.stack(losses).mean()
