"""How embeddings fill their space: alignment, uniformity, effective rank, spread, and where the similarities lie.

None of these says that a model is good. They say what happened to a bad one: it collapsed to a point, to few
directions, or it keeps positives no closer than strangers.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, special

from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_measure, measure

SAMPLE = 4096
"""Rows that measures of the whole space look at; a larger set is sampled."""


@dataclass(frozen=True)
class SimilarityHistogram:
    """Cosines of pairs that belong together and of pairs that do not, as densities over common bins.

    Attributes:
        edges: B + 1 bin edges from -1 to 1.
        positive: B densities of positive pairs (they integrate to 1).
        negative: B densities of negative pairs.
        positive_mean: Mean cosine of positive pairs.
        negative_mean: Mean cosine of negative pairs.
    """

    edges: tuple[float, ...]
    positive: tuple[float, ...]
    negative: tuple[float, ...]
    positive_mean: float
    negative_mean: float


def space_measures(
    embeddings: np.ndarray, *, sample: int = SAMPLE, seed: int = 0, bootstrap: Bootstrap = DEFAULT
) -> list[Measure]:
    """Uniformity, effective rank and spread of embeddings `[N, D]`, on at most ``sample`` rows."""
    rows = sampled_rows(checks.embeddings("embeddings", embeddings), sample, seed=seed)
    return [f(rows, bootstrap=bootstrap) for f in (uniformity, effective_rank, spread)]


def alignment(first: np.ndarray, second: np.ndarray, *, bootstrap: Bootstrap = DEFAULT) -> Measure:
    """Mean squared distance of the two sides of positive pairs on the unit sphere; 0 is best, 2 is chance.

    Wang & Isola, "Understanding Contrastive Representation Learning through Alignment and Uniformity on the
    Hypersphere", ICML 2020, alpha = 2: mean of |x - y|^2 = 2 - 2 cos.

    Args:
        first: `[N, D]`, or sparse.
        second: `[N, D]`; row i belongs to row i.
        bootstrap: Resamples, level and seed; pairs are drawn.
    """
    first, second = checks.embeddings("first", first), checks.embeddings("second", second)
    checks.same_shape("first", first, "second", second)
    return mean_measure("alignment", 2 - 2 * cosine.paired(first, second), bootstrap=bootstrap, greater_is_better=False)


def uniformity(embeddings: np.ndarray, *, t: float = 2.0, bootstrap: Bootstrap = DEFAULT) -> Measure:
    """Log of the mean over i != j of exp(-t |x_i - x_j|^2) on the unit sphere; lower is more uniform, at most 0.

    Wang & Isola, ICML 2020. Streamed over tiles, N^2 D operations: sample the rows of a large set first. A pair
    shares its rows with other pairs, so the interval resamples the first-order effect of each row (Hoeffding).

    Args:
        embeddings: `[N, D]`, or sparse.
        t: Sharpness of the kernel.
        bootstrap: Resamples, level and seed; rows are drawn.
    """
    embeddings = checks.embeddings("embeddings", embeddings)
    checks.positive("t", t)
    n = embeddings.shape[0]
    kernel = np.zeros(n)
    for start in range(0, n, cosine.QUERY_BLOCK):
        unit = cosine.unit_rows(embeddings[start : start + cosine.QUERY_BLOCK])
        row = np.arange(start, start + unit.shape[0])[:, None]
        for first in range(0, n, cosine.CANDIDATE_BLOCK):
            other = cosine.unit_rows(embeddings[first : first + cosine.CANDIDATE_BLOCK])
            value = np.exp(-2 * t * (1 - cosine.similarities(unit, other).astype(np.float64)))
            value[row == np.arange(first, first + other.shape[0])] = 0
            kernel[row[:, 0]] += value.sum(axis=1)
    mean = kernel.sum() / (n * (n - 1))
    # d log(mean) when row i is drawn c_i times: each of its pairs counts for two rows, hence the factor 2.
    values = np.log(mean) + 2 * (kernel / (n - 1) / mean - 1)
    return mean_measure("uniformity", values, bootstrap=bootstrap, greater_is_better=False)


def effective_rank(embeddings: np.ndarray, *, bootstrap: Bootstrap = DEFAULT) -> Measure:
    """Exponential of the entropy of the singular values divided by their sum: between 1 and min(N, D).

    Roy & Vetterli, "The effective rank", EUSIPCO 2007; RankMe (Garrido et al., ICML 2023, Eq. 1) is the same with a
    guard of 1e-7. Neither centred nor normalised. The interval resamples the first-order effect of each row, because
    a resample proper has fewer distinct rows and therefore a lower rank.

    Args:
        embeddings: `[N, D]`, not all zero; N D min(N, D) operations.
        bootstrap: Resamples, level and seed; rows are drawn.
    """
    embeddings = checks.dense("embeddings", embeddings)
    largest = np.abs(embeddings).max()
    checks.positive("the largest entry of embeddings", float(largest))
    left, value, _ = linalg.svd(embeddings / largest, full_matrices=False, check_finite=False)
    value = value.astype(np.float64)
    p = value / value.sum()
    entropy = special.entr(p).sum()
    # d rank / d(how often row i is drawn), through d sigma_k^2 = (x_i . v_k)^2 = (sigma_k u_ik)^2; p log p is -entr(p).
    slope = np.square(left.astype(np.float64)) @ (special.entr(p) - p * entropy) / 2
    return mean_measure("effective_rank", np.exp(entropy) * (1 + len(slope) * slope), bootstrap=bootstrap)


def spread(embeddings: np.ndarray, *, bootstrap: Bootstrap = DEFAULT) -> Measure:
    """Mean over dimensions of the standard deviation of unit rows, times sqrt(D): 0 is collapse to a point, 1 a sphere.

    The collapse indicator of Chen & He, "Exploring Simple Siamese Representation Learning", CVPR 2021, section 4.1.

    Args:
        embeddings: `[N, D]`; N x D float64 numbers are held, so sample the rows of a large set first.
        bootstrap: Resamples, level and seed; rows are drawn.
    """
    unit = cosine.unit_rows(checks.dense("embeddings", embeddings)).astype(np.float64)
    unit -= unit.mean(axis=0)
    square = np.square(unit)

    def statistic(counts: np.ndarray) -> np.ndarray:
        n = counts.sum(axis=1, keepdims=True)
        variance = counts @ square / n - np.square(counts @ unit / n)
        return np.sqrt(np.clip(variance, 0, None)).mean(axis=1) * np.sqrt(unit.shape[1])

    return measure("spread", statistic, np.ones(len(unit), dtype=np.int64), bootstrap=bootstrap)


def pair_histogram(
    first: np.ndarray, second: np.ndarray, *, pairs: int = 20_000, bins: int = 50, seed: int = 0
) -> SimilarityHistogram:
    """Similarities of row i with row i, against those of row i with a random other row.

    Args:
        first: `[N, D]`, or sparse.
        second: `[N, D]`.
        pairs: How many pairs of each sort to draw, with replacement.
        bins: Number of bins.
        seed: Seed of the draw.
    """
    first, second = checks.embeddings("first", first), checks.embeddings("second", second)
    checks.same_shape("first", first, "second", second)
    n = first.shape[0]
    rng = np.random.default_rng(seed)
    row = rng.integers(n, size=pairs)
    other = (row + rng.integers(1, n, size=pairs)) % n
    return _histogram(cosine.paired(first[row], second[row]), cosine.paired(first[row], second[other]), bins)


def label_histogram(
    embeddings: np.ndarray, labels: np.ndarray, *, pairs: int = 20_000, bins: int = 50, seed: int = 0
) -> SimilarityHistogram:
    """Similarities of random rows with another row of the same label, against a row of another label.

    Args:
        embeddings: `[N, D]`, or sparse.
        labels: `[N]` integers or strings, at least two classes; a class of one row gives no positives.
        pairs: How many pairs of each sort to draw, with replacement.
        bins: Number of bins.
        seed: Seed of the draw.

    Raises:
        InputError: No label occurs twice, or only one label occurs.
    """
    embeddings = checks.embeddings("embeddings", embeddings)
    labels = checks.labels("labels", labels, embeddings.shape[0], classes=2)
    _, group, count = np.unique(labels, return_inverse=True, return_counts=True)
    checks.at_least("the number of rows of the most frequent label in labels", int(count.max()), 2)
    n, rng = labels.size, np.random.default_rng(seed)
    order = np.argsort(group, kind="stable")
    # Places in this order: the rows of one label stand together, from start to start + size.
    start, size = (np.cumsum(count) - count)[group[order]], count[group[order]]
    place = rng.choice(np.flatnonzero(size > 1), size=pairs)
    low, width = start[place], size[place]
    same = low + (place - low + rng.integers(1, width)) % width
    different = (low + width + rng.integers(n - width)) % n
    row, same, different = order[place], order[same], order[different]
    positive = cosine.paired(embeddings[row], embeddings[same])
    return _histogram(positive, cosine.paired(embeddings[row], embeddings[different]), bins)


def sampled_rows(embeddings: np.ndarray, sample: int, *, seed: int = 0) -> np.ndarray:
    """All rows, or a seeded sample of them in their order."""
    checks.at_least("sample", sample, 2)
    n = embeddings.shape[0]
    if n <= sample:
        return embeddings
    return embeddings[np.sort(np.random.default_rng(seed).choice(n, size=sample, replace=False))]


def _histogram(positive: np.ndarray, negative: np.ndarray, bins: int) -> SimilarityHistogram:
    checks.at_least("bins", bins, 1)
    edges = np.linspace(-1, 1, bins + 1)
    # Rounding may leave a cosine just outside the interval.
    densities = [np.histogram(np.clip(one, -1, 1), edges, density=True)[0] for one in (positive, negative)]
    return SimilarityHistogram(
        tuple(edges.tolist()),
        tuple(densities[0].tolist()),
        tuple(densities[1].tolist()),
        float(positive.mean()),
        float(negative.mean()),
    )
