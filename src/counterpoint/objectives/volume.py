"""Modalities of an example span no volume: contrast of tuples by their Gram determinants."""

from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import cross_entropy

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._softmax import softmax_losses, softmax_terms
from counterpoint.pairwise import ManyViews, Needs, NegativeVolume, Problem, Similarity, Terms, Tile, cols, rows


@dataclass(frozen=True, kw_only=True)
class GRAM(ManyViews):
    """Gramian contrast: the first modality against tuples of all others, by the volume that they span together.

    Formula, with ``V_nm`` the volume of the parallelotope of the unit vectors of modality 1 of example n and of
    modalities 2 .. G of example m: the mean of ``-log softmax_m(-V_nm / t)[n]`` over n and of the same with the tuple
    as the anchor, ``-log softmax_n(-V_nm / t)[m]``, averaged. The paper's matching loss with a classifier of its own is
    left out. With two modalities the volume is the sine of their angle.

    Shapes: `[N, G, D]` with the anchor modality first, or two modalities `[N, D]`; G at most D.

    Attributes:
        temperature: ``t``, positive; 0.07.

    Example:
        >>> import torch
        >>> aligned = torch.eye(4)[:, None].expand(4, 3, 4)
        >>> bool(GRAM()(aligned) < GRAM()(torch.randn(4, 3, 4, generator=torch.Generator().manual_seed(0))))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Cicchetti, Grassucci, Sigillo and Comminiello",
        "Gramian Multimodal Representation Learning and Alignment",
        2025,
        "arXiv:2412.11959",
        "Eq. 6 and 7",
    )
    needs: ClassVar[Needs] = Needs.VIEWS
    square: ClassVar[bool] = False
    similarity: Similarity = field(default=NegativeVolume(), init=False, repr=False)
    temperature: float = 0.07

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def parts(self, problem: Problem) -> list[Problem]:
        """One matrix: the first modality against tuples of the others."""
        views = problem.anchors
        return [Problem(views[:, 0], views[:, 1:], problem.relation)]

    def joined(self, found: list[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """Statistics of the one matrix."""
        return found[0]

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """InfoNCE's statistics of rows, then of columns."""
        logits = s_NM / self.temperature
        yield from softmax_terms(rows, logits, rel)
        yield from softmax_terms(cols, logits, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Average of the two directions; an example is one row and one column."""
        by_row, by_col = softmax_losses(*statistics[:3]), softmax_losses(*statistics[3:])
        return self.mean((by_row + by_col) / 2)

    def reference(self, s_1NN: Tensor, rel: Tile, /) -> Tensor:
        """Eq. 6 and 7: cross-entropy along both axes."""
        logits, own = s_1NN[0] / self.temperature, rel.positive.int().argmax(1)
        return (cross_entropy(logits, own) + cross_entropy(logits.T, own)) / 2
