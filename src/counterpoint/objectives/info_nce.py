"""The softmax family on pairs: InfoNCE, its symmetric two-tower form, and NT-Xent on stacked views."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_fraction, check_positive
from counterpoint.objectives._softmax import softmax_losses, softmax_reference, softmax_terms
from counterpoint.pairwise import Axis, Needs, Objective, Term, Tile, cols, rows


@dataclass(frozen=True, kw_only=True)
class InfoNCE(Objective):
    """Softmax cross-entropy of each anchor's positives among all candidates.

    Formula, for anchor i with positives P(i), compared with C(i) = positives and negatives:
    ``loss_i = log sum_{j in C(i)} exp(s_ij / t) - mean_{p in P(i)} s_ip / t``; the loss is the mean over anchors.
    With one positive it is the InfoNCE of the paper; with several, the positives stay in each other's denominator
    (SupCon's "out" form).

    Symbols: ``s_ij`` similarity of anchor i and candidate j (cosine by default), ``t`` temperature.
    Shapes: anchors `[N, D]`, candidates `[M, D]`, extra negatives `[K, D]` or `[N, H, D]`.

    Attributes:
        temperature: ``t``, positive; 0.07 as in MoCo.

    Example:
        >>> import torch
        >>> loss = InfoNCE(temperature=0.05)(torch.eye(4), torch.eye(4))
        >>> round(loss.item(), 6)
        0.0
    """

    cites: ClassVar[Citation] = Citation(
        "van den Oord, Li and Vinyals",
        "Representation Learning with Contrastive Predictive Coding",
        2018,
        "arXiv:1807.03748",
        "Eq. 4",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    temperature: float = 0.07

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """Per row: log-sum-exp of what is compared; sum and number of positives."""
        yield from softmax_terms(rows, s_NM / self.temperature, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over anchors of log-sum-exp minus mean positive."""
        return self.mean(softmax_losses(*statistics), statistics[2])

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 4, anchor by anchor."""
        return softmax_reference(s_NM / self.temperature, rel)


@dataclass(frozen=True, kw_only=True)
class CLIP(Objective):
    """Symmetric InfoNCE of two towers: each image among the texts, each text among the images, averaged.

    Formula: ``w InfoNCE(s) + (1 - w) InfoNCE(s^T)``; both directions share one pass over the matrix. ``weights`` weigh
    pairs in both, such as by graded relevance (GCL: Zhu, Jung and Clark, 2024, arXiv:2404.08535).

    Shapes: anchors `[N, D]`, candidates `[N, D]`; extra negatives take part in the row direction only.

    Attributes:
        temperature: ``t``, positive; 0.07 is the paper's starting value of the learned one.
        row_weight: ``w``, from 0 to 1: what anchors among candidates count; 0.5. It is 0.75 for images among reports in
            ConVIRT (Zhang, Jiang, Miura and others, 2020, arXiv:2010.00747).

    Example:
        >>> import torch
        >>> a, b = torch.eye(4), torch.eye(4).flip(0)
        >>> bool(torch.isclose(CLIP()(a, b), CLIP()(b, a)))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Radford, Kim, Hallacy and others",
        "Learning Transferable Visual Models From Natural Language Supervision",
        2021,
        "arXiv:2103.00020",
        "Figure 3",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    temperature: float = 0.07
    row_weight: float = field(default=0.5, metadata={"learnable": False})

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)
        check_fraction("row_weight", self.row_weight)

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """InfoNCE's statistics of rows, then of columns."""
        logits = s_NM / self.temperature
        yield from softmax_terms(rows, logits, rel)
        yield from softmax_terms(cols, logits, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Weighted mean of the two directions; a column that is nobody's positive is no anchor of its own."""
        by_row, by_col = statistics[:3], statistics[3:]
        by_row_loss = self.mean(softmax_losses(*by_row), by_row[2])
        by_col_loss = self.mean(softmax_losses(*by_col), by_col[2], axis=Axis.COLS)
        return self.row_weight * by_row_loss + (1 - self.row_weight) * by_col_loss

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """The figure's pseudo-code: cross-entropy along both axes."""
        owned = rel.positive.any(0)
        logits = s_NM / self.temperature
        flipped = Tile(positive=rel.positive.T[owned], negative=rel.negative.T[owned])
        by_row, by_col = softmax_reference(logits, rel), softmax_reference(logits.T[owned], flipped)
        return self.row_weight * by_row + (1 - self.row_weight) * by_col


@dataclass(frozen=True, kw_only=True)
class NTXent(Objective):
    """SimCLR's normalised, temperature-scaled cross-entropy: two views stacked, each row among the 2N - 1 others.

    Formula: ``loss_i = log sum_{j != i} exp(s_ij / t) - s_ip / t`` with p the other view of row i; mean over 2N rows.

    Shapes: two views `[N, D]` each, or one stack `[N, D]` with ``labels``.

    Attributes:
        temperature: ``t``, positive; 0.5 as the paper uses on CIFAR-10.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> bool(NTXent(temperature=0.1)(z, z) < NTXent(temperature=0.1)(z, z.flip(0)))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Chen, Kornblith, Norouzi and others",
        "A Simple Framework for Contrastive Learning of Visual Representations",
        2020,
        "arXiv:2002.05709",
        "Eq. 1",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    joint: ClassVar[bool] = True
    temperature: float = 0.5

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """Per row: log-sum-exp of the others; sum and number of positives."""
        yield from softmax_terms(rows, s_NM / self.temperature, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over rows of log-sum-exp minus mean positive."""
        return self.mean(softmax_losses(*statistics), statistics[2])

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 1, row by row."""
        return softmax_reference(s_NM / self.temperature, rel)
