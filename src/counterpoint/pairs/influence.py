"""Influence: how strongly a node of a graph reaches another one within a few hops."""

import warnings

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairs.edges import Edges, Linked
from counterpoint.pairwise import Relation, SameKey
from counterpoint.pairwise.relation import check_integers


def influence(adjacency_NN: Tensor, *, hops: int, cumulative: bool = True, nodes: Tensor | None = None) -> Tensor:
    """Weights of pairs of nodes from powers of an adjacency matrix, sparse `[M, N]`, for all nodes `[N, N]`.

    Formula: ``A^r``, or with ``cumulative`` ``A + A^2 + ... + A^r``. Graph-MLP and SCGC take the power, SCGC*
    (Kulatilleke et al. 2022, arXiv:2204.12656) the sum. Normalise the adjacency first, as both do, to
    ``D^-1/2 (A + I) D^-1/2``. Memory: the pairs within ``r`` hops of each other. They are few for one or two hops and
    may be most of all pairs beyond that; ``nodes``, drawn anew at every step, bound them by M x N.

    Args:
        adjacency_NN: Non-negative `[N, N]`, sparse or dense.
        hops: ``r``.
        cumulative: Whether nearer hops count too.
        nodes: int64 `[M]`, whose rows to make; all by default.

    Raises:
        InputError: It is not square, there are no hops, or a node is not one of its rows.
    """
    if adjacency_NN.ndim != 2 or adjacency_NN.shape[0] != adjacency_NN.shape[1]:
        raise InputError(f"adjacency must be a square matrix, got shape {list(adjacency_NN.shape)}")
    if hops < 1:
        raise InputError(f"hops must be a whole number, at least 1, got {hops}")
    adjacency_NN = adjacency_NN.to_sparse_coo().coalesce()
    rows_MN = adjacency_NN if nodes is None else adjacency_NN.index_select(0, _checked(nodes, len(adjacency_NN)))
    power_MN = total_MN = rows_MN
    for _ in range(hops - 1):
        power_MN = _product(power_MN, adjacency_NN)
        total_MN = total_MN + power_MN
    return (total_MN if cumulative else power_MN).coalesce()


def influenced(weights_MN: Tensor, nodes: Tensor | None = None) -> Relation:
    """The relation for ``NContrast``: nodes of positive weight attract by it, all others repel with weight 1.

    It keeps the positive weights alone and is `[M, N]`, between the nodes of the rows and all nodes; a node is not
    compared with itself, whatever it weighs for itself.

    Args:
        weights_MN: Non-negative, sparse or dense, such as :func:`influence`.
        nodes: int64 `[M]`, the node of each row; all in their order by default.

    Raises:
        InputError: There is not one row for each node, or a node is not one of the columns.
    """
    if weights_MN.ndim != 2:
        raise InputError(f"weights must be a matrix [M, N], got shape {list(weights_MN.shape)}")
    rows, n = weights_MN.shape
    every = torch.arange(n, device=weights_MN.device)
    nodes = every if nodes is None else _checked(nodes, n)
    if len(nodes) != rows:
        raise InputError(f"weights must have a row for each of {len(nodes)} nodes, got shape {[rows, n]}")
    weights_MN = weights_MN.to_sparse_coo().coalesce()
    (row, to), weight = weights_MN.indices(), weights_MN.values()
    kept = (weight > 0) & (nodes[row] != to)
    codes, order = torch.sort(nodes[row[kept]] * n + to[kept])
    edges = Edges(codes, n, weight[kept][order])
    return Linked(edges=edges, anchors=nodes, candidates=every).sparing(SameKey(nodes, every))


def _product(left_MN: Tensor, right_NN: Tensor) -> Tensor:
    with warnings.catch_warnings():
        # Torch multiplies sparse matrices as CSR tensors, and says once that those are new.
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        return torch.sparse.mm(left_MN, right_NN)


def _checked(nodes: Tensor, n: int) -> Tensor:
    check_integers("nodes", nodes)
    if len(nodes) and not 0 <= int(nodes.min()) <= int(nodes.max()) < n:
        raise InputError(f"nodes must lie in 0..{n - 1}, got {int(nodes.min())} to {int(nodes.max())}")
    return nodes.long()
