"""Rows that are sets of token vectors, compared token by token."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.numerics import unit_rows
from counterpoint.pairwise.similarity import Similarity

NUMBERS = 1 << 22
"""Token similarities held at a time: 16 MB in float32, beside what the gradient keeps."""


@dataclass(frozen=True)
class MaxSim(Similarity):
    """Late interaction: each token of the anchor finds its nearest token of the candidate.

    Formula: ``s_ij = sum_l max_l' <a_il, b_jl'>`` over unit tokens, or the mean over l; Khattab and Zaharia, "ColBERT:
    Efficient and Effective Passage Search via Contextualized Late Interaction over BERT" (2020), arXiv:2004.12832,
    Eq. 3. It has a direction: anchors are queries, candidates documents.

    Shapes: anchors `[N, L, D]`, candidates `[M, L', D]`. Shorter sets are padded with tokens of zeros, which take no
    part on either side; a set without tokens scores 0 with everything.

    Of several nearest tokens one gets the gradient. Token similarities are computed in blocks of at most 4 million; for
    the gradient the place of each maximum is kept, ``8 N M L`` bytes over what is scored at a time.

    Attributes:
        mean: Divide by the anchor's number of tokens, so that scores stay in [-1, 1].

    Example:
        >>> import torch
        >>> late = MaxSim()
        >>> query = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
        >>> documents = torch.tensor([[[1.0, 0.0], [0.0, 2.0]], [[3.0, 0.0], [0.0, 0.0]]])
        >>> late.scores(late.prepare(query), late.prepare(documents)).tolist()
        [[2.0, 1.0]]
    """

    row_dims: ClassVar[int] = 2
    mean: bool = False

    def prepare(self, x_ND: Tensor) -> Tensor:
        """Tokens scaled to unit length, `[N, L, D]`."""
        return unit_rows(x_ND)

    def scores(self, a_nD: Tensor, b_mD: Tensor) -> Tensor:
        """Sums of maxima, `[n, m]`, from blocks that fit in ``NUMBERS``."""
        per_pair = a_nD.shape[1] * b_mD.shape[1]
        cols = max(1, min(len(b_mD), NUMBERS // per_pair))
        rows = max(1, NUMBERS // (per_pair * cols))
        found: list[Tensor] = []
        for i in range(0, len(a_nD), rows):
            blocks = [self._block(a_nD[i : i + rows], b_mD[j : j + cols]) for j in range(0, len(b_mD), cols)]
            found.append(torch.cat(blocks, 1))
        return torch.cat(found)

    def numbers_per_pair(self, a_ND: Tensor, b_MD: Tensor) -> int:
        """One for each pair of tokens."""
        return a_ND.shape[1] * b_MD.shape[1]

    def _block(self, a_nLD: Tensor, b_mLD: Tensor) -> Tensor:
        """One block, whose token similarities fit in memory."""
        real_nL, real_mL = _real(a_nLD), _real(b_mLD)
        products = a_nLD.flatten(0, 1) @ b_mLD.flatten(0, 1).T
        # Below any cosine, yet finite: minus infinity would turn into NaN in the sets that are all padding.
        products.masked_fill_(~real_mL.flatten(), -2.0)
        tokens_nLmL = products.view(*a_nLD.shape[:2], *b_mLD.shape[:2])
        nearest_nLm = torch.max(tokens_nLmL, 3).values
        takes_part = real_nL[:, :, None] & real_mL.any(1)
        scores = torch.where(takes_part, nearest_nLm, 0.0).sum(1)
        return scores / real_nL.sum(1, keepdim=True).clamp_min(1) if self.mean else scores


def _real(x_NLD: Tensor) -> Tensor:
    """Which prepared tokens are not padding, `[N, L]`: they have length 1, and padding at most 1e-19."""
    return x_NLD.detach().square().sum(2) > 0.5
