"""Pairs weighed by a small network that sees the sum of both rows; the rows bring the network along."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from counterpoint.base.errors import InputError
from counterpoint.pairwise.similarity import Similarity


@dataclass(frozen=True)
class GatedDot(Similarity):
    """An inner product and the logarithm of a weight between 0 and 1, which a layer of H units gives the pair.

    Formula, of an anchor ``[f | p | v | d]`` and a candidate ``[g | q | .]``: ``s_ij = <f_i, g_j> + log sigmoid(sum_h
    v_ih tanh(p_ih + q_jh) + d_i)``. With ``p = W a + c`` and ``q = W b`` the layer sees ``W (a + b) + c``, the sum of
    both rows; its output weights v and d are written into every anchor, so that their gradients are exact wherever
    tiles are computed. AdaMEOW weighs pairs so (Yu, Ge, Li and Zhou, 2024, arXiv:2212.13847).

    Shapes: anchors `[N, D + 2 H + 1]`, candidates `[M, D + 2 H + 1]`, whose last H + 1 numbers are not read. A tile
    takes H numbers for each pair, and as many for the gradient.

    Attributes:
        hidden: H, 1 or more.

    Raises:
        InputError: H is smaller, or rows are no wider than 2 H + 1.

    Example:
        >>> import torch
        >>> a = torch.tensor([[2.0, 0.5, 0.0, 0.0]])  # v and d are 0: every pair weighs 1 / 2
        >>> b = torch.tensor([[1.0, 0.3, 0.0, 0.0]])
        >>> round(GatedDot(hidden=1).scores(a, b).item(), 4)  # 2 - log 2
        1.3069
    """

    hidden: int = 1

    def __post_init__(self) -> None:
        """Check the width."""
        if self.hidden < 1:
            raise InputError(f"hidden must be at least 1, got {self.hidden}")

    def prepare(self, x_ND: Tensor) -> Tensor:
        """Nothing to do but to look at the width."""
        if x_ND.shape[1] <= 2 * self.hidden + 1:
            raise InputError(
                f"rows must be wider than 2 H + 1 = {2 * self.hidden + 1}: features, then a gate; got {x_ND.shape[1]}"
            )
        return x_ND

    def scores(self, a_nD: Tensor, b_mD: Tensor) -> Tensor:
        """Inner products of the features plus log-weights, `[n, m]`."""
        width, h = a_nD.shape[1] - 2 * self.hidden - 1, self.hidden
        v_nH1, d_n1 = a_nD[:, width + h : width + 2 * h, None], a_nD[:, -1:]
        bent_nmH = torch.tanh(a_nD[:, None, width : width + h] + b_mD[:, width : width + h])
        return a_nD[:, :width] @ b_mD[:, :width].T + logsigmoid((bent_nmH @ v_nH1)[:, :, 0] + d_n1)

    def numbers_per_pair(self, a_ND: Tensor, b_MD: Tensor) -> int:
        """The layer's units, before and after they are bent."""
        return 2 * self.hidden
