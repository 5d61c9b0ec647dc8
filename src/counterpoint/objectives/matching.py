"""A code against all other codes of its batch, without a second view: the contrast of cMIM."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Cosine, EachView, Needs, Similarity, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class CMIM(EachView):
    """The contrastive term of the contrastive mutual information machine: a code tells its own input from others.

    Formula, for code n of N: ``loss_n = -log p_n`` with ``p_n = e^{1 / t} / (e^{1 / t} + mean_{m != n} e^{s_nm / t})``,
    1 being the cosine of a code with itself; mean over codes. The mean over others instead of a sum is what makes it
    little sensitive to the size of the batch. There is no second view: codes only spread. The method adds it to the
    loss of the mutual information machine (minus half the sum of the log-densities of encoding and decoding with their
    priors), which needs a decoder and is no function of codes alone. With ``t = 1 / (2 u)`` and a large batch it is a
    monotone function of each row's share of ``Uniformity(t=u)``.

    Shapes: `[N, D]`, two views `[N, D]` (each by itself), or `[N, V, D]`; N at least 2.

    Attributes:
        temperature: ``t``, positive; 0.1.

    Example:
        >>> import torch
        >>> round(CMIM(temperature=1.0)(torch.eye(4)).item(), 4)  # log(1 + 1 / e)
        0.3133
    """

    cites: ClassVar[Citation] = Citation(
        "Livne",
        "cMIM: A Contrastive Mutual Information Framework for Unified Generative and Discriminative Representation "
        "Learning",
        2025,
        "arXiv:2502.19642",
        "the contrastive term of Section 2",
    )
    needs: ClassVar[Needs] = Needs.NOTHING
    similarity: Similarity = field(default=Cosine(), init=False, repr=False)
    temperature: float = 0.1

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: log-sum-exp over the others, less that of itself, and their number."""
        yield rows.lse((s_NM - 1) / self.temperature, where=rel.compared)
        yield rows.count(rel.compared, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over views, then over rows.

        Raises:
            InputError: There is one row.
        """
        lse_NV, count_NV = statistics
        if bool((count_NV == 0).any()):
            raise InputError("CMIM needs at least two rows to compare")
        mean_NV = lse_NV - torch.log(count_NV)
        return self.mean(torch.logaddexp(mean_NV, torch.zeros_like(mean_NV)).mean(1))

    def reference(self, s_VNN: Tensor, rel: Tile, /) -> Tensor:
        """The probability, row by row."""
        own = torch.exp(s_VNN.new_tensor(1.0) / self.temperature)
        losses = [
            -torch.log(own / (own + torch.exp(s[other] / self.temperature).mean()))
            for view in s_VNN
            for s, other in zip(view, rel.negative, strict=True)
        ]
        return torch.stack(losses).mean()
