import numpy as np
import pytest
from scipy import sparse, stats

from counterpoint.base.errors import InputError
from counterpoint.evaluation import cosine
from counterpoint.evaluation.bootstrap import Bootstrap, paired_difference
from counterpoint.evaluation.sts import pearson_of, rank_correlation, similarity_scores, spearman_of


def _pairs(seed, n=80):
    rng = np.random.default_rng(seed)
    first = rng.normal(size=(n, 8))
    second = first + rng.uniform(0, 3, size=(n, 1)) * rng.normal(size=(n, 8))
    return first, second, np.round(5 * cosine.paired(first, second) + rng.normal(size=n), 0)


def test_values_equal_scipy_with_ties():
    first, second, gold = _pairs(0)
    spearman, pearson = similarity_scores(first, second, gold)
    cosines = cosine.paired(first, second)
    assert (spearman.name, pearson.name, spearman.n) == ("spearman", "pearson", 80)
    assert spearman.value == pytest.approx(stats.spearmanr(cosines, gold).statistic, abs=1e-13)
    assert pearson.value == pytest.approx(stats.pearsonr(cosines, gold).statistic, abs=1e-13)
    assert spearman.low < spearman.value < spearman.high


@pytest.mark.parametrize(("statistic", "peer"), [(spearman_of, stats.spearmanr), (pearson_of, stats.pearsonr)])
def test_each_resample_equals_scipy_on_the_drawn_pairs(statistic, peer):
    rng = np.random.default_rng(1)
    x, y = np.round(rng.normal(size=(2, 30)) + rng.normal(size=30), 1)
    drawn = rng.integers(30, size=(20, 30))
    counts = np.stack([np.bincount(row, minlength=30) for row in drawn]).astype(float)
    expected = [peer(x[row], y[row]).statistic for row in drawn]
    np.testing.assert_allclose(statistic(x, y)(counts), expected, atol=1e-12)


def test_resample_without_variation_is_undefined_not_a_number():
    x, y = np.array([1.0, 2.0, 3.0]), np.array([0.1, 0.1, 0.5])
    counts = np.array([[3.0, 0, 0], [1, 2, 0], [1, 1, 1]])
    for statistic in (spearman_of, pearson_of):
        assert np.isnan(statistic(x, y)(counts)).tolist() == [True, True, False]


def test_interval_covers_the_true_correlation():
    rng = np.random.default_rng(2)
    covered = 0
    for repetition in range(200):
        x, y = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], size=100).T
        difference = paired_difference(
            "p",
            pearson_of(x, y),
            lambda counts: 0 * counts[:, 0],
            100,
            bootstrap=Bootstrap(resamples=200, seed=repetition),
        )
        covered += difference.low <= 0.6 <= difference.high
    assert 0.88 < covered / 200 < 0.99


def test_invariances():
    first, second, gold = _pairs(3)
    base = similarity_scores(first, second, gold)
    order = np.random.default_rng(0).permutation(80)
    moved = similarity_scores(3 * first[order], second[order], 10 * gold[order] - 4)
    flipped = similarity_scores(first, second, -gold)
    bent = similarity_scores(first, second, np.exp(gold))
    for one, other, minus in zip(base, moved, flipped, strict=True):
        assert other.value == pytest.approx(one.value, abs=1e-12)
        assert minus.value == pytest.approx(-one.value, abs=1e-12)
    assert bent[0].value == pytest.approx(base[0].value, abs=1e-12)
    assert abs(bent[1].value - base[1].value) > 0.01


def test_sparse_equals_dense():
    first, second, gold = _pairs(4)
    thin = similarity_scores(sparse.csr_matrix(first), sparse.csr_matrix(second), gold)
    for one, other in zip(thin, similarity_scores(first, second, gold), strict=True):
        assert one.value == pytest.approx(other.value, abs=1e-12)


def test_errors_name_what_is_wrong():
    first, second, gold = _pairs(5)
    with pytest.raises(InputError, match="scores is 2 in every row; it must vary"):
        similarity_scores(first, second, np.full(80, 2.0))
    with pytest.raises(InputError, match="the cosine of first and second is 1 in every row"):
        similarity_scores(np.ones((80, 4)), np.ones((80, 4)), gold)
    with pytest.raises(InputError, match="first has 80 rows and second has 79"):
        similarity_scores(first, second[1:], gold)
    with pytest.raises(InputError, match="scores must be finite, row 3 is nan"):
        similarity_scores(first, second, np.where(np.arange(80) == 3, np.nan, gold))
    with pytest.raises(InputError, match="at least 3 rows"):
        similarity_scores(first[:2], second[:2], gold[:2])


def test_the_rank_correlation_of_lists_is_scipy_s():
    first, second = [1.0, 5.0, 2.0, 2.0, 9.0], [0.3, 0.2, 0.1, 0.1, 0.7]
    assert rank_correlation(first, second) == pytest.approx(stats.spearmanr(first, second).statistic)
    assert rank_correlation([1, 2, 3], [10, 100, 1000]) == pytest.approx(1)
    with pytest.raises(InputError, match="second is 1 in every row"):
        rank_correlation([1, 2, 3], [1, 1, 1])
    with pytest.raises(InputError, match="values of first must be at least 3"):
        rank_correlation([1, 2], [1, 2])
