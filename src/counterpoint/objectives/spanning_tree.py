"""Spanning trees: the length of the shortest tree that joins all rows, which a collapse makes short."""

# scipy.sparse is untyped.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.pairwise import EachView, Needs, NegativeEuclidean, Similarity, Streams, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class SpanningTree(EachView):
    """Minus the length of the minimum spanning tree, over the number of rows: T-REGS' term against collapse.

    Formula: ``-1/N sum_{(i, j) in MST} |z_i - z_j|``, the tree that of the current rows, so that gradients pass through
    the lengths of its edges; of several views, the mean of what each has by itself. Any similarity will do: the tree is
    the one of most similar pairs, and their mean similarity is made small.

    Rows must be kept from growing: T-REGS is ``WeightedSum(losses=(VICReg-like invariance, SpanningTree(),
    UnitLength()), ...)``; ``similarity=NegativeEuclidean()`` of unit rows needs no such term.

    Shapes: `[N, D]`, two views `[N, D]`, or `[N, V, D]`; N at least 2. The whole matrix is needed at once, on every
    rank, and the tree is found on the CPU.

    Example:
        >>> import torch
        >>> SpanningTree()(torch.tensor([[0.0], [1.0], [3.0], [7.0]])).item()  # edges of 1, 2 and 4
        -1.75
    """

    cites: ClassVar[Citation] = Citation(
        "Mordacq, Loiseaux, Kalogeiton and others",
        "T-REGS: Minimum Spanning Tree Regularization for Self-Supervised Learning",
        2025,
        "arXiv:2510.23484",
        "the MST length E and its term of the loss",
    )
    needs: ClassVar[Needs] = Needs.NOTHING
    streams: ClassVar[Streams] = Streams.WHOLE
    most_entries: ClassVar[int] = 1 << 24
    similarity: Similarity = NegativeEuclidean()

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Every row of the matrix, as it is."""
        yield rows.whole(torch.where(rel.compared, s_NM, 0.0))

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over views of the tree's summed similarities, over the number of rows.

        Raises:
            InputError: There is one row.
        """
        (s_NVN,) = statistics
        if len(s_NVN) < 2:
            raise InputError("SpanningTree needs at least two rows to compare")
        return torch.stack([s[_tree(s)].sum() / len(s) for s in s_NVN.unbind(1)]).mean()

    def reference(self, s_VNN: Tensor, rel: Tile, /) -> Tensor:
        """The definition, the tree grown from row 0 by one nearest row after another (Prim)."""
        lengths: list[Tensor] = []
        for s in s_VNN:
            reached, edges = {0}, list[Tensor]()
            while len(reached) < len(s):
                leaving = ((i, j) for i in reached for j in range(len(s)) if j not in reached)
                i, j = max(leaving, key=lambda edge, s=s: s[edge].item())
                reached.add(j)
                edges.append(s[i, j])
            lengths.append(torch.stack(edges).sum() / len(s))
        return torch.stack(lengths).mean()


def _tree(s_NN: Tensor) -> tuple[Tensor, Tensor]:
    """Rows and columns of the edges of the tree of most similar pairs."""
    # Here, so that importing the formulas does not bring scipy along.
    from scipy.sparse.csgraph import minimum_spanning_tree

    cost = -s_NN.detach().to("cpu", torch.float64).numpy()
    # Zero means no edge to scipy, and equal rows are at distance zero. The tree depends on the order of costs alone.
    order = np.unique(cost, return_inverse=True)[1].reshape(cost.shape) + 1.0
    np.fill_diagonal(order, 0.0)
    edges = minimum_spanning_tree(order).tocoo()
    row, col = (torch.from_numpy(one.astype(np.int64)).to(s_NN.device) for one in (edges.row, edges.col))
    return row, col
