"""Two spaces of one example that should not tell of each other."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Needs, NegativeSquaredEuclidean, Objective, Similarity, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class JointEntropy(Objective):
    """k-JEM: minus an estimate of the joint entropy of common and salient codes, by a product of Gaussian kernels.

    Formula, with common and salient codes side by side in a row, ``z_n = [c_n, s_n]``:
    ``loss = mean_n log [1/N sum_m exp(-|c_n - c_m|^2 / 2 t) exp(-|s_n - s_m|^2 / 2 t)]``, m = n included; the product
    is the kernel of the distance of whole rows. Rows are not normalised here: the paper scales the two codes to unit
    length each.

    Shapes: `[N, D]`, or two views, which are stacked.

    Attributes:
        temperature: ``t``, the kernels' squared width, positive; 0.5 as in the public code.

    Example:
        >>> import torch
        >>> bool(JointEntropy()(torch.eye(4)) < JointEntropy()(torch.ones(4, 4)))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Louiset, Duchesnay, Grigis and Gori",
        "Separating Common from Salient Patterns with Contrastive Representation Learning",
        2024,
        "arXiv:2402.11928",
        "k-JEM",
    )
    needs: ClassVar[Needs] = Needs.NOTHING
    weighs_pairs: ClassVar[bool] = False
    joint: ClassVar[bool] = True
    similarity: Similarity = field(default=NegativeSquaredEuclidean(), init=False, repr=False)
    temperature: float = 0.5

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: log-sum-exp over all others."""
        yield rows.lse(s_NM / (2 * self.temperature), where=rel.compared)

    def head(self, *statistics: Tensor) -> Tensor:
        """The row itself, at distance 0, joins the others."""
        (lse_N,) = statistics
        n = lse_N.new_tensor(len(lse_N))
        return self.mean(torch.logaddexp(lse_N, torch.zeros_like(lse_N)) - torch.log(n))

    def reference(self, s_NM: Tensor, rel: Tile, /) -> Tensor:
        """The public code's form, on distances that are 0 on the diagonal."""
        kernel = torch.exp(s_NM / (2 * self.temperature))
        kernel = torch.where(rel.compared, kernel, torch.eye(len(kernel), dtype=kernel.dtype))
        return kernel.mean(1).log().mean()
