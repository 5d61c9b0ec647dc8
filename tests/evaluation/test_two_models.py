import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.evaluation import cosine, explained, linear_cka, neighbour_overlap, reconstruction_losses

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 6))
TURN = np.linalg.qr(RNG.normal(size=(6, 6)))[0]


def test_a_turned_space_is_the_same(monkeypatch):
    monkeypatch.setattr(cosine, "QUERY_BLOCK", 11)
    assert neighbour_overlap(X, 3 * X @ TURN, k=5).value == 1
    assert linear_cka(X, 3 * X @ TURN + 5) == pytest.approx(1)
    assert explained(X, X @ TURN, ridge=1e-9) == pytest.approx(1)


def test_overlap_of_strangers_is_chance():
    found = neighbour_overlap(RNG.normal(size=(400, 6)), RNG.normal(size=(400, 6)), k=20)
    assert found.value == pytest.approx(20 / 399, abs=0.02)


def test_cka_by_gram_matrices():
    y = np.hstack([X[:, :2], RNG.normal(size=(80, 3))])
    centre = np.eye(80) - 1 / 80
    k, q = (centre @ one @ one.T @ centre for one in (X, y))
    expected = (k * q).sum() / np.sqrt((k * k).sum() * (q * q).sum())
    assert linear_cka(X, y) == pytest.approx(expected, rel=1e-10)


def test_what_a_connector_cannot_reconstruct_is_lost():
    y = np.hstack([X[:, :3], RNG.normal(size=(80, 3))])
    assert explained(X, y) == pytest.approx(0.5, abs=0.15)
    assert explained(X, RNG.normal(size=(80, 3))) < 0.05


def test_bad_calls():
    with pytest.raises(InputError, match="first has 80 rows and second 79"):
        neighbour_overlap(X, X[:79])
    with pytest.raises(InputError, match="same in every row"):
        linear_cka(X, np.ones((80, 2)))
    with pytest.raises(InputError, match="second is the same in every row"):
        explained(X, np.ones((80, 2)))


def test_a_reconstruction_is_exact_through_an_invertible_map_and_loses_what_was_dropped():
    rows = np.random.default_rng(5).normal(size=(600, 4))
    turn = np.linalg.qr(np.random.default_rng(6).normal(size=(4, 4)))[0]
    assert reconstruction_losses(rows @ turn, rows, ridge=1e-9).max() < 1e-12
    lost = reconstruction_losses(rows[:, :3], rows, ridge=1e-9)
    assert np.corrcoef(lost, np.square(rows[:, 3]))[0, 1] > 0.9
    centred = np.square(rows - rows.mean(axis=0)).sum()
    assert explained(rows[:, :3], rows) == pytest.approx(1 - reconstruction_losses(rows[:, :3], rows).sum() / centred)


def test_a_row_is_rebuilt_without_having_been_learnt_from():
    """Row by row, with as many parts as rows: each error is that of a fit on the others."""
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(12, 2)), rng.normal(size=(12, 3))
    found = reconstruction_losses(x, y, ridge=1e-9, folds=12)
    for i in (0, 7):
        rest = np.arange(12) != i
        design = np.c_[x[rest], np.ones(11)]
        guess = np.r_[x[i], 1] @ np.linalg.lstsq(design, y[rest], rcond=None)[0]
        assert found[i] == pytest.approx(np.square(y[i] - guess).sum(), rel=1e-5)
