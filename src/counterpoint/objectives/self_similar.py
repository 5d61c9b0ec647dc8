"""Rows of a batch that look alike to the model itself are drawn together, pair or no pair."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._pairs import over_pairs, pair_terms
from counterpoint.objectives._settings import check_finite, check_positive
from counterpoint.pairwise import Cosine, Needs, Objective, Similarity, Terms, Tile

_GARG = (
    "Garg and Jain",
    "Self-Labeling Refinement for Robust Representation Learning with Bootstrap Your Own Latent",
    2022,
    "arXiv:2204.04545",
)


@dataclass(frozen=True, kw_only=True)
class CCSL(Objective):
    """Cross-cosine similarity loss: every pair of rows is pulled together as strongly as it is alike already.

    Formula, over all pairs of predictions i and targets j of the batch: ``mean_ij w_ij (2 - 2 s_ij)``, the weight
    ``w_ij = s_ij`` where the cosine is above ``threshold`` and 0 elsewhere, a constant to the gradient. The paper tells
    the idea in words and has no public code: weights and threshold are this implementation's reading of it. It is
    added to BYOL's loss, which is ``Alignment``.

    Shapes: predictions `[N, D]`, targets `[M, D]`. Labels change nothing; a relation can leave pairs out.

    Attributes:
        threshold: From which cosine on rows are taken to be alike; 0. A constant: there is no gradient by it.

    Example:
        >>> import torch
        >>> z = torch.tensor([[1.0, 0.0], [0.6, 0.8]])
        >>> round(CCSL()(z, z).item(), 6)  # two pairs of four at 0.6 (2 - 1.2)
        0.24
    """

    cites: ClassVar[Citation] = Citation(*_GARG, "the cross-cosine similarity loss")
    needs: ClassVar[Needs] = Needs.NOTHING
    detached: ClassVar[bool] = True
    similarity: Similarity = field(default=Cosine(), init=False, repr=False)
    threshold: float = field(default=0.0, metadata={"learnable": False})

    def __post_init__(self) -> None:
        """Check the settings."""
        check_finite("threshold", self.threshold)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: sum of weighted squared distances, and how many pairs there are."""
        held = s_NM.detach()
        alike = torch.where(held > self.threshold, held, 0.0)
        yield from pair_terms(s_NM, 2 * (alike * (1 - s_NM)), rel.compared, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over pairs."""
        return over_pairs(self, *statistics)

    def reference(self, s_NM: Tensor, rel: Tile, /) -> Tensor:
        """Pair by pair."""
        pairs = [s for row, there in zip(s_NM, rel.compared, strict=True) for s in row[there]]
        pulls = [s.item() * (2 - 2 * s) for s in pairs if s.item() > self.threshold]
        return torch.stack([0 * s_NM.sum(), *pulls]).sum() / max(1, len(pairs))


@dataclass(frozen=True, kw_only=True)
class CSSL(Objective):
    """Cross-sigmoid similarity loss: every pair is pulled together by the probability that it is alike.

    Formula, over all pairs of predictions i and targets j of the batch: ``mean_ij w_ij (2 - 2 s_ij)`` with ``w_ij = 1 /
    (1 + exp(-s_ij / t))``, a constant to the gradient. What is said of ``CCSL`` holds here.

    Shapes: predictions `[N, D]`, targets `[M, D]`. Labels change nothing; a relation can leave pairs out.

    Attributes:
        temperature: ``t``, positive; 1. A constant: there is no gradient by it.

    Example:
        >>> import torch
        >>> z = torch.eye(2)
        >>> CSSL()(z, z).item()  # two pairs of four at 1/2 (2 - 0)
        0.5
    """

    cites: ClassVar[Citation] = Citation(*_GARG, "the cross-sigmoid similarity loss")
    needs: ClassVar[Needs] = Needs.NOTHING
    detached: ClassVar[bool] = True
    similarity: Similarity = field(default=Cosine(), init=False, repr=False)
    temperature: float = field(default=1.0, metadata={"learnable": False})

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: sum of weighted squared distances, and how many pairs there are."""
        alike = torch.sigmoid(s_NM.detach() / self.temperature)
        yield from pair_terms(s_NM, 2 * (alike * (1 - s_NM)), rel.compared, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over pairs."""
        return over_pairs(self, *statistics)

    def reference(self, s_NM: Tensor, rel: Tile, /) -> Tensor:
        """Pair by pair."""
        pairs = [s for row, there in zip(s_NM, rel.compared, strict=True) for s in row[there]]
        pulls = [(2 - 2 * s) / (1 + torch.exp(-s.detach() / self.temperature)) for s in pairs]
        return torch.stack([0 * s_NM.sum(), *pulls]).sum() / max(1, len(pairs))
