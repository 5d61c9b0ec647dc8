"""Entropy of the spectrum of a Gram matrix: how many directions rows use, and what two views of them share."""

import numpy as np
from scipy import linalg, special

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks, cosine


def matrix_entropy(rows: np.ndarray, *, order: float = 1.0) -> float:
    """Renyi entropy of the eigenvalues of the rows' Gram matrix, in nats: 0 for a line, log(min(N, D)) at most.

    Formula: ``log(sum_k p_k^a) / (1 - a)`` with ``p`` the eigenvalues of ``Z Z^T`` over their sum; at ``a = 1`` its
    limit, ``-sum_k p_k log p_k``. Rows are neither centred nor normalised.

    Skean et al., "Layer by Layer: Uncovering Hidden Representations in Language Models" (2025), arXiv:2502.02013,
    after Giraldo, Rao and Principe (2014).

    Args:
        rows: `[N, D]`, the tokens of a text or the embeddings of a set.
        order: ``a``, above 0.

    Raises:
        InputError: Not a finite matrix, all rows are zero, or the order is not positive.
    """
    checks.positive("order", order)
    value = linalg.svd(checks.dense("rows", rows).astype(np.float64), compute_uv=False, check_finite=False)
    if not value[0] > 0:
        raise InputError("the matrix entropy is undefined: all rows are zero")
    return _renyi(np.square(value / value[0]), order)


def shared_entropy(first: np.ndarray, second: np.ndarray, *, permutations: int = 5, seed: int = 0) -> float:
    """What two views of the same examples share, in nats: entropy of the pairs torn apart, less that of the pairs.

    Formula: ``mean_P S(A * P B P^T) - S(A * B)``, with the Gram matrices ``A`` and ``B`` of unit rows, their entrywise
    product, the entropy ``S`` of order 1, and permutations ``P``. It is 0 where one view is collapsed, and where all
    rows are orthogonal: both too simple and too rich an embedding score low. N^3 operations for each permutation.

    Skean et al., "DiME: Maximizing Mutual Information by a Difference of Matrix-Based Entropies" (2023),
    arXiv:2301.08164.

    Args:
        first: `[N, D]`; sample the rows of a large set first.
        second: `[N, E]`; row i is another view of example i.
        permutations: How many are drawn.
        seed: Of the draw.

    Raises:
        InputError: Shapes do not fit.
    """
    first, second = checks.dense("first", first), checks.dense("second", second)
    if len(first) != len(second):
        raise InputError(f"first has {len(first)} rows and second {len(second)}; row i is the same example")
    checks.at_least("permutations", permutations, 1)
    grams = [unit @ unit.T for unit in (cosine.unit_rows(one.astype(np.float64)) for one in (first, second))]
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(first)) for _ in range(permutations)]
    torn = [_joint(grams[0], grams[1][np.ix_(order, order)]) for order in orders]
    return float(np.mean(torn)) - _joint(*grams)


def _joint(first: np.ndarray, second: np.ndarray) -> float:
    return _renyi(linalg.eigvalsh(first * second, check_finite=False), 1.0)


def _renyi(eigenvalues: np.ndarray, order: float) -> float:
    p = np.clip(eigenvalues, 0, None)
    p = p / p.sum()
    if order == 1:
        return float(special.entr(p).sum())
    return float(np.log((p[p > 0] ** order).sum()) / (1 - order))
