"""Graphs with communities that are known, some of them closer than others, and words that tell of them."""

from collections.abc import Sequence

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.graphs import Graph, graph_from
from counterpoint.data.planted_graphs import blocks

_COMMON = 0.04
"""How often a node has a word of another community."""


def planted_communities(
    sizes: Sequence[int], *, inside: Sequence[float], between: float, words: int = 16, own: float = 0.12, seed: int
) -> Graph:
    """A stochastic block model whose nodes have words, those of their community more often than the 4 % of others.

    Args:
        sizes: Nodes of every community.
        inside: Chance of an edge within each of them.
        between: Chance of an edge between two of them.
        words: That are a community's own.
        own: Chance of a node to have a word of its community.
        seed: Of everything.

    Returns:
        A graph whose features are 0 and 1 `[N, communities * words]` and whose labels are the communities.

    Raises:
        InputError: Not one chance for each community, or one outside 0 to 1.
    """
    if len(inside) != len(sizes):
        raise InputError(f"inside must have a chance for each of {len(sizes)} communities, got {len(inside)}")
    for name, chance in (("inside", min(inside)), ("own", own)):
        if not 0 <= chance <= 1:
            raise InputError(f"{name} must lie in 0..1, got {chance}")
    rng = np.random.default_rng(seed)
    edges, block = blocks(list(sizes), inside=max(inside), between=between, rng=rng)
    first, second = block[edges].T
    kept = (first != second) | (rng.random(len(edges)) * max(inside) < np.asarray(inside)[first])
    theirs = np.repeat(np.arange(len(sizes)), words) == block[:, None]
    told = rng.random(theirs.shape) < np.where(theirs, own, _COMMON)
    return graph_from(edges[kept], told.astype(np.float32), labels=block)
