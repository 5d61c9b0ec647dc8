"""Features of any number and scale as a few dense columns."""

import numpy as np
import pytest
from scipy import sparse

from counterpoint.experiments.recommender.feature_space import fit_space


@pytest.fixture
def features():
    rng = np.random.default_rng(0)
    return np.concatenate([1000 + 50 * rng.normal(size=(40, 1)), 0.01 * rng.normal(size=(40, 7))], axis=1)


def test_blocks_count_alike_and_rows_are_centred(features):
    rows = fit_space(sparse.csr_array(features), [1, 7])(sparse.csr_array(features))
    assert rows.shape == (40, 8)
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose([np.sum(rows[:, :1] ** 2) / 40, np.sum(rows[:, 1:] ** 2) / 40], 0.5)


def test_a_reduction_to_the_rank_keeps_every_inner_product(features):
    narrow = np.concatenate([features, features[:, :4] @ np.random.default_rng(1).normal(size=(4, 30))], axis=1)
    whole = fit_space(sparse.csr_array(narrow), [38], width=50)(sparse.csr_array(narrow))
    reduced = fit_space(sparse.csr_array(narrow), [38], width=9)
    rows = reduced(sparse.csr_array(narrow))
    assert rows.shape == (40, 9)
    np.testing.assert_allclose(rows @ rows.T, whole @ whole.T, atol=1e-6)
    step = np.random.default_rng(2).normal(size=(9, 3))
    np.testing.assert_allclose(reduced.then(step)(sparse.csr_array(narrow)), rows @ step, atol=1e-9)


def test_a_block_of_equal_rows_counts_for_nothing(features):
    features[:, 0] = 1000.1
    rows = fit_space(sparse.csr_array(features.astype(np.float32)), [1, 7])(sparse.csr_array(features))
    np.testing.assert_allclose(rows[:, 0], 0, atol=1e-12)
    assert np.isfinite(rows).all()
    same = np.ones((5, 2))
    np.testing.assert_array_equal(fit_space(sparse.csr_array(same), [2])(sparse.csr_array(same)), 0)
