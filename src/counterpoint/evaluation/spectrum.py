"""In how many directions embeddings lie: participation, isotropy, coding rate, and the rank of differences."""

import numpy as np
from scipy import linalg, special

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_measure


def singular_spectrum(embeddings: np.ndarray) -> np.ndarray:
    """Singular values of centred unit rows, largest first, divided by their sum: `[min(N, D)]`.

    Values that fall to zero at once are dimensions that the embeddings do not use.

    Args:
        embeddings: `[N, D]`.

    Raises:
        InputError: Not a finite matrix, or all rows have one direction.
    """
    value = np.linalg.svd(_centred(embeddings), compute_uv=False)
    if not value[0] > 0:
        raise InputError("the spectrum is undefined: all embeddings point in one direction")
    return value / value.sum()


def participation_ratio(embeddings: np.ndarray, *, bootstrap: Bootstrap = DEFAULT) -> Measure:
    """How many directions carry the variance of unit rows: 1 for a line, D for a sphere.

    Formula: ``(sum_k l_k)^2 / sum_k l_k^2`` over the eigenvalues ``l`` of the covariance. Other than the effective rank
    it hardly sees directions of little variance. The interval resamples the first-order effect of each row.

    Gao et al., "A theory of multineuronal dimensionality, dynamics and measurement" (2017), bioRxiv 214262.

    Args:
        embeddings: `[N, D]`.
        bootstrap: Resamples, level and seed; rows are drawn.

    Raises:
        InputError: Not a finite matrix, or all rows have one direction.
    """
    left, value, _ = linalg.svd(_centred(embeddings), full_matrices=False, check_finite=False)
    if not value[0] > 0:
        raise InputError("the participation ratio is undefined: all embeddings point in one direction")
    variance = np.square(value)
    total, square = variance.sum(), np.square(variance).sum()
    ratio = total**2 / square
    energy = np.square(left) * variance  # what row i adds to each eigenvalue, to first order
    slope = ratio * (2 * energy.sum(axis=1) / total - 2 * (energy @ variance) / square)
    return mean_measure("participation_ratio", ratio + len(slope) * slope, bootstrap=bootstrap)


def isotropy(embeddings: np.ndarray, *, bootstrap: Bootstrap = DEFAULT) -> Measure:
    """One minus the mean cosine of two different rows: 1 where directions balance, 0 where all rows point one way.

    Ethayarajh, "How Contextual are Contextualized Word Representations?" (2019), arXiv:1909.00512, Section 4.1, calls
    the mean cosine anisotropy. A pair shares its rows with others, so the interval resamples the first-order effect of
    each row.

    Args:
        embeddings: `[N, D]`, or sparse.
        bootstrap: Resamples, level and seed; rows are drawn.
    """
    embeddings = checks.embeddings("embeddings", embeddings)
    unit = cosine.unit_rows(embeddings)
    total = np.asarray(unit.sum(axis=0), dtype=np.float64).ravel()
    with_others = (np.asarray(unit @ total).ravel() - cosine.paired(embeddings, embeddings)) / (unit.shape[0] - 1)
    return mean_measure(
        "isotropy", 1 - with_others.mean() - 2 * (with_others - with_others.mean()), bootstrap=bootstrap
    )


def iso_score(embeddings: np.ndarray) -> float:
    """How evenly the covariance of the rows as they are uses all D dimensions: 1 all alike, 0 one only.

    Formula, with the eigenvalues ``l`` of the covariance: ``d = |sqrt(D) l / |l| - 1| / sqrt(2 (D - sqrt(D)))``,
    ``phi = (D - d^2 (D - sqrt(D)))^2 / D^2``, score ``(D phi - 1) / (D - 1)``.

    Rudman, Gillman, Rayne and Eickhoff, "IsoScore: Measuring the Uniformity of Embedding Space Utilization" (2022),
    arXiv:2108.07344, Algorithm 1.

    Args:
        embeddings: `[N, D]` with D of at least 2.

    Raises:
        InputError: Not a finite matrix of two columns or more, or all rows are the same.
    """
    rows = checks.dense("embeddings", embeddings).astype(np.float64)
    d = rows.shape[1]
    checks.at_least("the number of columns of embeddings", d, 2)
    variance = np.clip(linalg.eigvalsh(np.atleast_2d(np.cov(rows.T))), 0, None)
    length = np.linalg.norm(variance)
    if not length > 0:
        raise InputError("the isotropy score is undefined: all embeddings are the same")
    defect = np.linalg.norm(np.sqrt(d) * variance / length - 1) / np.sqrt(2 * (d - np.sqrt(d)))
    share = (d - defect**2 * (d - np.sqrt(d))) ** 2 / d**2
    return float((d * share - 1) / (d - 1))


def coding_rate(embeddings: np.ndarray, *, precision: float = 0.5) -> float:
    """Nats needed to code a unit row up to a precision: large where rows fill many directions.

    Formula: ``1/2 log det(I + D / (N e^2) Z^T Z)`` with unit rows Z.

    Yu et al., "Learning Diverse and Discriminative Representations via the Principle of Maximal Coding Rate Reduction"
    (2020), arXiv:2006.08558, Eq. 1.

    Args:
        embeddings: `[N, D]`.
        precision: ``e``, the length of the error that is allowed.

    Raises:
        InputError: Not a finite matrix, or the precision is not positive.
    """
    checks.positive("precision", precision)
    unit = cosine.unit_rows(checks.dense("embeddings", embeddings)).astype(np.float64)
    n, d = unit.shape
    return 0.5 * float(np.linalg.slogdet(np.eye(d) + d / (n * precision**2) * unit.T @ unit)[1])


def lidar(embeddings: np.ndarray, groups: np.ndarray, *, ridge: float = 1e-4) -> float:
    """Effective rank of what tells groups apart, in units of the spread within them: views of one example, or classes.

    Formula: ``exp(H(p))``, ``p`` the eigenvalues of ``S_w^(-1/2) S_b S_w^(-1/2)`` over their sum, with the covariance
    ``S_b`` of group means and the mean covariance ``S_w = ... + ridge I`` within groups.

    Thilak et al., "LiDAR: Sensing Linear Probing Performance in Joint Embedding SSL Architectures" (2023),
    arXiv:2312.04000, Section 3.

    Args:
        embeddings: `[N, D]`, as they are.
        groups: `[N]`, which rows are views of one example; each group of two or more.
        ridge: Added to the diagonal within groups; 1e-4 as in the paper.

    Raises:
        InputError: Fewer than two groups, a group of one row, or group means that are all the same.
    """
    rows = checks.dense("embeddings", embeddings).astype(np.float64)
    groups = checks.labels("groups", groups, len(rows), classes=2)
    checks.positive("ridge", ridge)
    _, index, count = np.unique(groups, return_inverse=True, return_counts=True)
    if count.min() < 2:
        raise InputError(f"every group needs two rows or more, and {int((count < 2).sum())} have one")
    means = np.stack([np.bincount(index, column) for column in rows.T], axis=1) / count[:, None]
    between, within = np.cov(means.T), (rows - means[index]).T @ (rows - means[index]) / (len(rows) - len(count))
    values = linalg.eigh(np.atleast_2d(between), within + ridge * np.eye(rows.shape[1]), eigvals_only=True)
    values = np.clip(values, 0, None)
    if not values.sum() > 0:
        raise InputError("the rank of group means is undefined: they are all the same")
    return float(np.exp(special.entr(values / values.sum()).sum()))


def _centred(embeddings: np.ndarray) -> np.ndarray:
    unit = cosine.unit_rows(checks.dense("embeddings", embeddings)).astype(np.float64)
    return unit - unit.mean(axis=0)
