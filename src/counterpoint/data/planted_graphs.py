"""Graphs that are made, with communities and anomalies that are known."""

from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.graphs import Graph, graph_from

_ROWS = 512
"""Nodes whose pairs are drawn together; draws do not depend on it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PlantedAnomalies:
    """Views of the same nodes, some of which do not fit.

    Attributes:
        views: Graphs with the same features and labels (the block of each node), and edges of their own.
        odd: bool `[N]`, which nodes are anomalies.
    """

    views: tuple[Graph, ...]
    odd: np.ndarray


def blocks(
    sizes: list[int], *, inside: float, between: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A stochastic block model: edges int64 `[E, 2]`, each once, and the block int64 `[N]` of each node.

    Every pair of nodes is drawn, the pairs of 512 nodes at a time: memory 512 x N.

    Args:
        sizes: Nodes of every block.
        inside: Chance of an edge within a block.
        between: Chance of an edge between blocks.
        rng: Of the draw.

    Raises:
        InputError: A chance outside 0 to 1.
    """
    if not 0 <= between <= 1 or not 0 <= inside <= 1:
        raise InputError(f"inside and between must lie in 0..1, got {inside} and {between}")
    block, found = np.repeat(np.arange(len(sizes)), sizes), list[np.ndarray]()
    for start in range(0, max(1, len(block)), _ROWS):
        chance = np.where(block[start : start + _ROWS, None] == block, inside, between)
        drawn = np.argwhere(np.triu(rng.random(chance.shape) < chance, start + 1))
        found.append(drawn + np.array([start, 0]))
    return np.concatenate(found), block


def planted_anomalies(
    *, blocks_of: list[int], views: int = 2, features: int = 32, share: float = 0.04, seed: int
) -> PlantedAnomalies:
    """A block model with features around a centre of each block; half of the anomalies have others' edges.

    An odd node by structure has its edges drawn without regard to blocks, in every view; one by attributes has the
    features of another block. Sets of real graphs are spoilt in the same two ways (Ding, Li, Bhanushali and Liu, 2019,
    "Deep Anomaly Detection on Attributed Networks", doi:10.1137/1.9781611975673.67).

    Args:
        blocks_of: Nodes of every block.
        views: How many graphs of the same nodes.
        features: F.
        share: Of nodes that are odd in each of the two ways.
        seed: Of everything.
    """
    rng = np.random.default_rng(seed)
    n, count = sum(blocks_of), round(share * sum(blocks_of))
    drawn = [blocks(blocks_of, inside=0.06, between=0.005, rng=rng) for _ in range(views)]
    block = drawn[0][1]
    x = rng.normal(size=(len(blocks_of), features))[block] + 1.5 * rng.normal(size=(n, features))
    odd = rng.permutation(n)[: 2 * count]
    by_edges, by_features = odd[:count], odd[count:]
    x[by_features] = x[rng.permutation(n)[:count]]
    made = []
    for edges, _ in drawn:
        kept = edges[~np.isin(edges, by_edges).any(1)]
        ends = rng.integers(n, size=(count, 12))
        wild = np.stack([np.repeat(by_edges, 12), ends.ravel()], axis=1)
        made.append(graph_from(np.concatenate([kept, wild]), x.astype(np.float32), labels=block))
    return PlantedAnomalies(views=tuple(made), odd=np.isin(np.arange(n), odd))
