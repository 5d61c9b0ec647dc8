import numpy as np
import pytest
from sklearn.metrics import f1_score

from counterpoint.base.errors import InputError
from counterpoint.evaluation.bitext import NEIGHBOURS, bitext, mined
from counterpoint.evaluation.cosine import unit_rows


def _sides(seed=0, n=50, noise=1.2):
    rng = np.random.default_rng(seed)
    first = rng.normal(size=(n, 8))
    return first, first + noise * rng.normal(size=(n, 8))


def test_margin_equals_the_formula_over_nearest_candidates():
    first, second = _sides()
    score = unit_rows(first) @ unit_rows(second).T
    there = np.sort(score, axis=1)[:, -NEIGHBOURS:].mean(axis=1)
    back = np.sort(score, axis=0)[-NEIGHBOURS:].mean(axis=0)
    by_cosine, by_margin = mined(first, second)
    np.testing.assert_array_equal(by_cosine.forward, score.argmax(axis=1))
    np.testing.assert_array_equal(by_cosine.backward, score.argmax(axis=0))
    margin = score / ((there[:, None] + back) / 2)
    for best, matrix, raw in ((by_margin.forward, margin, score), (by_margin.backward, margin.T, score.T)):
        near = np.argsort(-raw, axis=1)[:, :NEIGHBOURS]
        expected = [row[matrix[i, row].argmax()] for i, row in enumerate(near)]
        np.testing.assert_array_equal(best, expected)


def test_f1_equals_scikit_learn_over_all_pairs():
    first, second = _sides()
    found = {one.name: one.value for one in bitext(first, second)}
    _, best = mined(first, second)
    pairs = np.zeros((50, 50), dtype=bool)
    mutual = best.backward[best.forward] == np.arange(50)
    pairs[np.flatnonzero(mutual), best.forward[mutual]] = True
    assert found["bitext_f1"] == pytest.approx(f1_score(np.eye(50, dtype=bool).ravel(), pairs.ravel()))
    assert found["bitext_cosine_forward"] == pytest.approx((mined(first, second)[0].forward == np.arange(50)).mean())


def test_margin_takes_the_advantage_from_a_hub():
    rng = np.random.default_rng(3)
    first = rng.normal(size=(60, 20)) + 1
    second = first + 1.5 * rng.normal(size=(60, 20))
    second[0] = 1  # near to everything
    found = {one.name: one.value for one in bitext(first, second)}
    assert found["bitext_margin_forward"] > found["bitext_cosine_forward"]


def test_translations_equal_to_themselves_are_found():
    first, _ = _sides()
    assert {one.value for one in bitext(first, first)} == {1.0}
    with pytest.raises(InputError, match="50 rows and second has 49"):
        bitext(first, first[:49])
