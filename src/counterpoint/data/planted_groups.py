"""Graphs of communities in which small groups, that share members, are joined among themselves: many triangles."""

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.graphs import Graph, graph_from
from counterpoint.data.planted_communities import planted_communities


def planted_groups(
    communities: int,
    nodes: int,
    *,
    groups: int,
    size: int,
    inside: float = 0.0,
    between: float = 0.0,
    seed: int,
) -> Graph:
    """A stochastic block model, and on it groups of the same community whose members are all joined.

    Two nodes of a community are seldom joined unless they share a group, and then the whole group are neighbours of
    both: common neighbours tell of an edge what communities, and words that tell of them, do not.

    Args:
        communities: How many.
        nodes: Of every community.
        groups: Of every community; each draws its members evenly, so that a node is in ``groups * size / nodes``.
        size: Members of a group.
        inside: Chance of an edge between any two nodes of a community, beside the groups.
        between: Chance of an edge between two communities.
        seed: Of everything.

    Returns:
        A graph with the words of :func:`planted_communities`, whose labels are the communities.

    Raises:
        InputError: More members than nodes, or a chance outside 0 to 1.
    """
    if not 2 <= size <= nodes:
        raise InputError(f"size must lie between 2 and the {nodes} nodes of a community, got {size}")
    plain = planted_communities([nodes] * communities, inside=[inside] * communities, between=between, seed=seed)
    rng = np.random.default_rng([seed, 1])
    member = rng.random((communities, groups, nodes)).argsort(2)[:, :, :size]
    member = (member + nodes * np.arange(communities)[:, None, None]).reshape(-1, size)
    pairs = member[:, np.stack(np.triu_indices(size, 1), axis=1)].reshape(-1, 2)
    return graph_from(np.concatenate([plain.edges, pairs]), plain.features, labels=plain.labels)
