"""A graph of rows that are hard for each other, and communities of bounded size in it."""

import numpy as np
import scipy.sparse as sp


def mutual_links(neighbours: np.ndarray, *, skip: int, links: int) -> sp.csr_array:
    """The graph in which two rows are linked if each is among the other's ranks ``skip`` to ``skip + links - 1``.

    Args:
        neighbours: int64 `[N, K]`, nearest first, -1 where there are fewer.
        skip: Nearest ranks that are not linked, for they may be answers too.
        links: Ranks after them that are.
    """
    window = neighbours[:, skip : skip + links]
    n = len(neighbours)
    rows = np.repeat(np.arange(n), window.shape[1])
    others = window.reshape(-1)
    real = (others >= 0) & (others != rows)
    edges = (np.ones(int(real.sum()), dtype=np.float64), (rows[real], others[real]))
    one_way = sp.csr_array(edges, shape=(n, n))
    one_way.data[:] = 1.0  # a rank list that names a row twice links it once
    return sp.csr_array(one_way.multiply(one_way.T))


def communities(graph: sp.csr_array, size: int, random: np.random.Generator) -> np.ndarray:
    """An order of the rows, int64 `[N]`, such that every ``size`` consecutive ones are much linked.

    Groups begin as single rows. In each round every group picks the group it is most linked to, per pair of rows,
    among those it fits together with into ``size``; groups that pick each other become one (heavy-edge matching, the
    coarsening step of METIS: Karypis and Kumar 1998, A Fast and High Quality Multilevel Scheme for Partitioning
    Irregular Graphs, Sec. 3.1). When no two fit, the N // size largest are the communities, and the rows of the
    others fill them up.

    Args:
        graph: Symmetric, without loops.
        size: Rows of a community.
        random: Breaks ties.
    """
    group = np.arange(len(graph.indptr) - 1)
    links = graph
    while True:
        partner = _partners(links, np.bincount(group), size, random)
        if (partner == np.arange(len(partner))).all():
            return _laid_out(group, size)
        _, merged = np.unique(np.minimum(partner, np.arange(len(partner))), return_inverse=True)
        group = merged[group]
        into = sp.csr_array((np.ones(len(merged)), (merged, np.arange(len(merged)))))
        links = sp.csr_array(into @ links @ into.T)


def _partners(links: sp.csr_array, sizes: np.ndarray, most: int, random: np.random.Generator) -> np.ndarray:
    """Whom each group joins, int64 `[G]`; itself where nobody."""
    entries = sp.coo_array(links)
    one, other = entries.row, entries.col
    weight = entries.data / (sizes[one] * sizes[other])
    fits = (one != other) & (sizes[one] + sizes[other] <= most)
    one, other, weight = one[fits], other[fits], weight[fits]
    # The same number seen from both ends, or groups in a ring would never pick each other.
    draws = random.integers(2**62, size=len(sizes))
    order = np.lexsort((draws[one] ^ draws[other], weight))
    best = np.arange(len(sizes))
    best[one[order]] = other[order]  # the last assignment stays: the heaviest
    mutual = best[best] == np.arange(len(sizes))
    return np.where(mutual, best, np.arange(len(sizes)))


def _laid_out(group: np.ndarray, size: int) -> np.ndarray:
    """Rows community by community, all of ``size`` rows but the last."""
    whole = len(group) // size
    sizes = np.bincount(group)
    falling = np.argsort(-sizes, kind="stable")
    place = np.empty(len(sizes), dtype=np.int64)
    place[falling] = np.arange(len(sizes))
    community = np.minimum(place[group], whole)
    others = np.flatnonzero(community == whole)
    others = others[np.argsort(place[group[others]], kind="stable")]
    room = np.repeat(np.arange(whole), size - sizes[falling[:whole]])
    community[others[: len(room)]] = room
    return np.argsort(community, kind="stable")
