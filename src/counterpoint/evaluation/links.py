"""Link prediction: do the ends of an edge that was held out lie nearer than two nodes without an edge?"""

from collections.abc import Sequence

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, Statistic, mean_measure, measure
from counterpoint.evaluation.checks import Embeddings
from counterpoint.evaluation.detection import auroc_of, average_precision_of


def link_prediction(
    embeddings: Embeddings,
    edges: np.ndarray,
    others: np.ndarray,
    *,
    depths: Sequence[int] = (10, 50, 100),
    bootstrap: Bootstrap = DEFAULT,
) -> list[Measure]:
    """AUC, average precision and Hits@k of edges against pairs without an edge, scored by cosine.

    Hits@k is the share of edges that score above the k-th best of all other pairs (Hu et al., "Open Graph Benchmark"
    (2020), arXiv:2005.00687, Section 5); k beyond the number of other pairs is left out. Its interval draws edges and
    keeps the other pairs.

    Args:
        embeddings: `[N, D]`, or sparse.
        edges: int `[P, 2]` edges that training did not see.
        others: int `[Q, 2]` pairs without an edge.
        depths: Values of k.
        bootstrap: Resamples, level and seed.

    Raises:
        InputError: Not pairs of nodes, fewer than two of either, or a pair in both.
    """
    embeddings = checks.embeddings("embeddings", embeddings)
    edges, others = (pairs(name, one, embeddings.shape[0]) for name, one in (("edges", edges), ("others", others)))
    shared = np.intersect1d(*(keys(one, embeddings.shape[0]) for one in (edges, others)))
    if shared.size:
        raise InputError(f"edges and others share {shared.size} pairs; a pair is linked or it is not")
    positive, negative = (cosine.paired(embeddings[one[:, 0]], embeddings[one[:, 1]]) for one in (edges, others))
    score, hit = np.concatenate([positive, negative]), np.arange(len(edges) + len(others)) < len(edges)
    ones = np.ones(len(score), dtype=np.int64)
    statistics: dict[str, Statistic] = {"link_auc": auroc_of(score, hit), "link_ap": average_precision_of(score, hit)}
    best = -np.sort(-negative)
    return [
        *(measure(name, statistic, ones, bootstrap=bootstrap) for name, statistic in statistics.items()),
        *(
            mean_measure(f"link_hits@{k}", positive > best[k - 1], bootstrap=bootstrap)
            for k in depths
            if 1 <= k <= len(best)
        ),
    ]


def link_mrr(
    embeddings: Embeddings, edges: np.ndarray, candidates: np.ndarray, *, bootstrap: Bootstrap = DEFAULT
) -> Measure:
    """Mean over edges of 1 over the rank of the true end among it and H other ends; ties count half a rank.

    Args:
        embeddings: `[N, D]`, or sparse.
        edges: int `[P, 2]` node and true end.
        candidates: int `[P, H]` other ends for the node of each edge.
        bootstrap: Resamples, level and seed; edges are drawn.

    Raises:
        InputError: Not pairs of nodes, or other ends that do not fit the edges.
    """
    embeddings = checks.embeddings("embeddings", embeddings)
    edges = pairs("edges", edges, embeddings.shape[0])
    ends = np.asarray(candidates)
    if ends.ndim != 2 or len(ends) != len(edges) or not ends.shape[1]:
        raise InputError(f"candidates must be [{len(edges)}, H] nodes, a row per edge, got shape {list(ends.shape)}")
    true = cosine.paired(embeddings[edges[:, 0]], embeddings[edges[:, 1]])
    below = np.zeros(len(edges))
    for column in ends.T:
        other = cosine.paired(embeddings[edges[:, 0]], embeddings[column])
        below += (other > true) + 0.5 * (other == true)
    return mean_measure("link_mrr", 1 / (1 + below), bootstrap=bootstrap)


def unlinked_pairs(edges: np.ndarray, n: int, count: int, *, seed: int = 0) -> np.ndarray:
    """Distinct pairs `[count, 2]` of different nodes that no edge joins, drawn evenly; smaller number first.

    Args:
        edges: int `[E, 2]` all edges of the graph.
        n: Number of nodes.
        count: How many pairs.
        seed: Seed of the draw.

    Raises:
        InputError: The graph has fewer such pairs than ``count``, or edges that are no pairs of nodes.
    """
    known = np.unique(keys(pairs("edges", edges, n), n))
    if count > n * (n - 1) // 2 - known.size:
        raise InputError(f"count is {count}, and only {n * (n - 1) // 2 - known.size} pairs of {n} nodes have no edge")
    rng, found = np.random.default_rng(seed), np.zeros(0, dtype=np.int64)
    while found.size < count:
        drawn = rng.integers(n, size=(2 * count, 2))
        drawn = keys(drawn[drawn[:, 0] != drawn[:, 1]], n)
        merged = np.concatenate([found, drawn[~np.isin(drawn, known)]])
        found = merged[np.sort(np.unique(merged, return_index=True)[1])]
    return np.stack(np.divmod(found[:count], n), axis=1)


def pairs(name: str, value: np.ndarray, n: int) -> np.ndarray:
    """Pairs of different nodes below ``n``, checked, as int64 `[E, 2]`.

    Raises:
        InputError: Anything else, or fewer than two pairs.
    """
    found = np.asarray(value)
    if found.ndim != 2 or found.shape[1] != 2 or found.dtype.kind not in "iu" or len(found) < 2:
        raise InputError(f"{name} must be at least 2 pairs of nodes [E, 2], got {found.dtype} {list(found.shape)}")
    if found.min() < 0 or found.max() >= n or (found[:, 0] == found[:, 1]).any():
        raise InputError(f"{name} must join two different nodes of 0 to {n - 1}")
    return found.astype(np.int64)


def keys(pair: np.ndarray, n: int) -> np.ndarray:
    """One number `[E]` per pair, the same for both directions."""
    return pair.min(axis=1) * n + pair.max(axis=1)
