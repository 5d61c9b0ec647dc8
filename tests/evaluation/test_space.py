import json

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics.pairwise import cosine_similarity

from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.evaluation import cosine, space
from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.evaluation.space import (
    alignment,
    effective_rank,
    label_histogram,
    pair_histogram,
    sampled_rows,
    space_measures,
    spread,
    uniformity,
)


def _unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def test_alignment_is_the_mean_squared_distance_on_the_sphere():
    first, second = np.random.default_rng(0).normal(size=(2, 40, 5))
    expected = np.square(np.linalg.norm(_unit(first) - _unit(second), axis=1)).mean()
    assert alignment(first, second).value == pytest.approx(expected, abs=1e-12)
    assert alignment(first, 3 * first).value == pytest.approx(0, abs=1e-12)
    assert alignment(first, -first).value == pytest.approx(4, abs=1e-12)
    assert not alignment(first, second).greater_is_better


@pytest.mark.parametrize("t", [0.5, 2.0])
def test_uniformity_equals_the_double_loop_whatever_the_tiles(t, monkeypatch):
    monkeypatch.setattr(cosine, "QUERY_BLOCK", 7)
    monkeypatch.setattr(cosine, "CANDIDATE_BLOCK", 11)
    x = np.random.default_rng(1).normal(size=(40, 5))
    z = _unit(x)
    expected = np.log(
        np.mean([np.exp(-t * np.sum((z[i] - z[j]) ** 2)) for i in range(40) for j in range(40) if i != j])
    )
    assert uniformity(x, t=t).value == pytest.approx(expected, abs=1e-12)
    assert uniformity(sparse.csr_matrix(x), t=t).value == pytest.approx(expected, abs=1e-12)


def test_uniformity_closed_forms():
    assert uniformity(np.ones((10, 3))).value == pytest.approx(0, abs=1e-9)
    # Two opposite points, ten of each: of 19 partners 9 coincide and 10 lie at distance 2.
    opposite = np.repeat([[1.0], [-1.0]], 10, axis=0)
    assert uniformity(opposite).value == pytest.approx(np.log((9 + 10 * np.exp(-8)) / 19), abs=1e-12)


def test_effective_rank_closed_forms():
    rng = np.random.default_rng(2)
    basis = np.linalg.qr(rng.normal(size=(60, 8)))[0]
    assert effective_rank(basis).value == pytest.approx(8, rel=1e-10)
    p = np.array([4.0, 2, 1, 1, 0, 0, 0, 0]) / 8
    expected = np.exp(-sum(q * np.log(q) for q in p if q))
    assert effective_rank(7 * basis * p).value == pytest.approx(expected, rel=1e-10)
    assert effective_rank(np.outer(rng.normal(size=30), rng.normal(size=6))).value == pytest.approx(1, abs=1e-5)


def test_effective_rank_ignores_scale_and_rotation_and_survives_extremes():
    x = np.random.default_rng(3).normal(size=(50, 6)) * [6, 5, 4, 3, 2, 1]
    turn = np.linalg.qr(np.random.default_rng(4).normal(size=(6, 6)))[0]
    base = effective_rank(x).value
    for other in (x @ turn, 1e150 * x, 1e-150 * x, x[::-1]):
        assert effective_rank(other).value == pytest.approx(base, rel=1e-9)


@pytest.mark.parametrize("statistic", [uniformity, effective_rank, spread])
def test_intervals_have_the_spread_of_fresh_samples(statistic):
    rng = np.random.default_rng(5)
    scales = np.array([6, 5, 4, 3, 2, 1])

    def fresh():
        return rng.normal(size=(150, 6)) * scales + [2, 0, 0, 0, 0, 0]

    values = [statistic(fresh(), bootstrap=Bootstrap(resamples=10)).value for _ in range(150)]
    found = statistic(fresh())
    assert found.low < found.value < found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 * np.std(values), rel=0.3)


def test_spread_is_one_on_the_sphere_and_zero_at_a_point():
    sphere = spread(np.random.default_rng(6).normal(size=(4000, 12)))
    assert sphere.value == pytest.approx(1, abs=0.01)
    assert spread(np.tile([[0.3, 2.0, -1.0]], (20, 1))).value == pytest.approx(0, abs=1e-9)
    x = np.random.default_rng(7).normal(size=(30, 4)) + 2
    assert spread(x).value == pytest.approx(_unit(x).std(axis=0).mean() * 2, abs=1e-12)


def test_space_measures_sample_rows():
    x = np.random.default_rng(8).normal(size=(100, 4))
    found = space_measures(x, sample=30)
    assert [(m.name, m.n) for m in found] == [("uniformity", 30), ("effective_rank", 30), ("spread", 30)]
    assert found == space_measures(x, sample=30)
    rows = sampled_rows(np.arange(100)[:, None], 30, seed=1)[:, 0]
    assert (np.diff(rows) > 0).all()
    assert sampled_rows(x, 100) is x


def test_pair_histogram_estimates_both_distributions():
    rng = np.random.default_rng(9)
    first = rng.normal(size=(60, 6))
    second = first + 0.5 * rng.normal(size=(60, 6))
    found = pair_histogram(first, second, pairs=20_000, bins=20)
    similarity = cosine_similarity(first, second)
    strangers = similarity[~np.eye(60, dtype=bool)]
    assert found.positive_mean == pytest.approx(np.diag(similarity).mean(), abs=0.01)
    assert found.negative_mean == pytest.approx(strangers.mean(), abs=0.02)
    np.testing.assert_allclose(found.negative, np.histogram(strangers, found.edges, density=True)[0], atol=0.1)
    assert np.sum(np.multiply(found.positive, np.diff(found.edges))) == pytest.approx(1)
    assert from_json(json.loads(json.dumps(to_json(found)))) == found


def test_label_histogram_draws_true_positives_and_true_negatives(monkeypatch):
    labels = np.array(["a", "b", "a", "c", "b", "b", "d", "a"])
    drawn = []
    monkeypatch.setattr(
        cosine, "paired", lambda a, b: drawn.append((a[:, 0].astype(int), b[:, 0].astype(int))) or a[:, 0]
    )
    label_histogram(np.arange(8.0)[:, None], labels, pairs=5000)
    (anchor, same), (also, different) = drawn
    assert (labels[anchor] == labels[same]).all()
    assert (anchor != same).all()
    assert (labels[also] != labels[different]).all()
    # Every admissible pair occurs: 6 ordered pairs within a and b each, and all strangers of the six rows drawn.
    assert len(set(zip(anchor, same, strict=True))) == 12
    assert len(set(zip(also, different, strict=True))) == 6 * 5


def test_histogram_takes_cosines_that_rounding_left_outside():
    found = space._histogram(np.array([1 + 1e-7]), np.array([-1 - 1e-7]), 4)
    assert found.positive[-1] > 0
    assert found.negative[0] > 0


def test_errors_name_what_is_wrong():
    x = np.random.default_rng(10).normal(size=(6, 3))
    for message, call in {
        "first has 6 rows and second has 5": lambda: alignment(x, x[:5]),
        "the largest entry of embeddings must be a positive number": lambda: effective_rank(np.zeros((4, 2))),
        "embeddings must be a dense array": lambda: effective_rank(sparse.csr_matrix(x)),
        "most frequent label in labels must be at least 2, got 1": lambda: label_histogram(x, np.arange(6)),
        "labels must hold at least 2 classes": lambda: label_histogram(x, np.zeros(6, dtype=int)),
        "t must be a positive number, got 0": lambda: uniformity(x, t=0),
        "embeddings holds NaN or infinity, first in row 2": lambda: spread(
            np.where(np.arange(6)[:, None] == 2, np.nan, x)
        ),
    }.items():
        with pytest.raises(InputError, match=message):
            call()
