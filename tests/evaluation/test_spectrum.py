"""Measures of directions: closed forms, invariances, and the double loop."""

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.evaluation import (
    coding_rate,
    effective_rank,
    iso_score,
    isotropy,
    lidar,
    participation_ratio,
    singular_spectrum,
)

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(300, 8)) * np.linspace(0.2, 2, 8)
TURN = np.linalg.qr(RNG.normal(size=(8, 8)))[0]


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def sphere(n=4000, d=8, seed=1):
    return np.random.default_rng(seed).normal(size=(n, d))


def test_the_spectrum_sums_to_one_and_shows_missing_dimensions():
    flat = ROWS.copy()
    flat[:, 5:] = 0
    spectrum = singular_spectrum(flat)
    assert spectrum.sum() == pytest.approx(1)
    assert (np.diff(spectrum) <= 0).all()
    assert (spectrum[5:] < 1e-12).all()
    assert spectrum[4] > 1e-3


def test_participation_ratio_by_its_formula_and_at_both_ends():
    centred = unit(ROWS) - unit(ROWS).mean(axis=0)
    value = np.linalg.eigvalsh(centred.T @ centred)
    found = participation_ratio(ROWS)
    assert found.value == pytest.approx(value.sum() ** 2 / (value**2).sum(), rel=1e-9)
    assert found.low < found.value < found.high
    assert participation_ratio(sphere()).value == pytest.approx(8, rel=0.01)
    line = np.outer([1.0, -1.0, 1.0, -1.0], [1.0, 2.0, 3.0])
    assert participation_ratio(line).value == pytest.approx(1)


def test_the_interval_of_the_participation_ratio_is_that_of_fresh_samples():
    """First-order effects of rows: the width is that of the spread over new data, within a third."""
    fresh = [participation_ratio(sphere(200, 4, seed) * [1, 1, 0.3, 0.3]).value for seed in range(200)]
    found = participation_ratio(sphere(200, 4, 999) * [1, 1, 0.3, 0.3])
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(np.std(fresh), rel=0.33)


def test_isotropy_is_one_less_the_mean_cosine():
    z = unit(ROWS[:40])
    cosines = [z[i] @ z[j] for i in range(40) for j in range(40) if i != j]
    assert isotropy(ROWS[:40]).value == pytest.approx(1 - np.mean(cosines), abs=1e-12)
    assert isotropy(np.ones((10, 3))).value == pytest.approx(0, abs=1e-12)
    assert isotropy(sphere()).value == pytest.approx(1, abs=0.01)
    assert isotropy(ROWS + 5).value < 0.3


def test_iso_score_at_both_ends_and_under_rotation():
    assert iso_score(sphere(20_000)) == pytest.approx(1, abs=0.01)
    line = np.outer(RNG.normal(size=50), [1.0, 2.0, 2.0])
    assert iso_score(line) == pytest.approx(0, abs=1e-9)
    assert iso_score(ROWS @ TURN) == pytest.approx(iso_score(ROWS), rel=1e-9)
    assert iso_score(3 * ROWS + 7) == pytest.approx(iso_score(ROWS), rel=1e-9)


def test_iso_score_counts_dimensions_that_are_used_alike():
    """The paper's reading: k of D dimensions used alike score about (k - 1) / (D - 1)."""
    basis = np.vstack([np.eye(8)[:4], -np.eye(8)[:4]])
    assert iso_score(basis) == pytest.approx(3 / 7, rel=1e-9)


def test_coding_rate_by_eigenvalues():
    value = np.linalg.eigvalsh(unit(ROWS).T @ unit(ROWS))
    expected = 0.5 * np.log1p(8 / (300 * 0.25) * np.clip(value, 0, None)).sum()
    assert coding_rate(ROWS) == pytest.approx(expected, rel=1e-10)
    assert coding_rate(np.ones((10, 3))) < coding_rate(np.vstack([np.eye(3)] * 3))


def grouped(between, within, *, groups=400, each=5, seed=3):
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(groups, len(between))) * between
    labels = np.repeat(np.arange(groups), each)
    return means[labels] + rng.normal(size=(groups * each, len(between))) * within, labels


def test_lidar_counts_directions_that_tell_groups_apart():
    rows, labels = grouped(np.array([3.0, 3.0, 3.0, 0.0, 0.0]), np.full(5, 0.5))
    assert 3 <= lidar(rows, labels) < 3.4
    noisy = rows.copy()
    noisy[:, 3:] *= 100  # the effective rank is taken in by noise, and this is not
    assert lidar(noisy, labels) == pytest.approx(lidar(rows, labels), rel=0.01)
    assert effective_rank(noisy).value < effective_rank(rows).value


def test_lidar_by_inverse_square_roots():
    rows, labels = grouped(np.array([2.0, 1.0, 0.5]), np.array([1.0, 0.3, 0.2]), groups=6, each=4)
    means = np.stack([rows[labels == y].mean(axis=0) for y in range(6)])
    within = sum((rows[labels == y] - means[y]).T @ (rows[labels == y] - means[y]) for y in range(6)) / (24 - 6)
    value, vector = np.linalg.eigh(within + 1e-4 * np.eye(3))
    root = vector @ np.diag(value**-0.5) @ vector.T
    p = np.linalg.eigvalsh(root @ np.cov(means.T) @ root)
    p = p / p.sum()
    assert lidar(rows, labels) == pytest.approx(np.exp(-(p * np.log(p)).sum()), rel=1e-9)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: singular_spectrum(np.ones((4, 2))), "one direction"),
        (lambda: participation_ratio(np.ones((4, 2))), "one direction"),
        (lambda: iso_score(np.ones((4, 1))), "columns of embeddings must be at least 2"),
        (lambda: iso_score(np.ones((4, 2))), "all embeddings are the same"),
        (lambda: coding_rate(ROWS, precision=0), "precision must be a positive number"),
        (lambda: lidar(ROWS[:3], np.array([0, 0, 1])), "every group needs two rows or more, and 1 have one"),
        (lambda: lidar(ROWS[:4], np.zeros(4, dtype=int)), "at least 2 classes"),
    ],
)
def test_what_has_no_value_is_refused(call, why):
    with pytest.raises(InputError, match=why):
        call()
