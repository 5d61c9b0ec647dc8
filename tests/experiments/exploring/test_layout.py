"""Places of many vectors."""

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.experiments.exploring import lay_out
from counterpoint.experiments.report import project
from counterpoint.retrieval import search


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def clusters(count, rng, dim=16):
    centres = rng.normal(size=(5, dim)) * 4
    labels = rng.integers(5, size=count)
    return (centres[labels] + rng.normal(size=(count, dim))).astype(np.float32), labels


def kept(vectors, points, k=10):
    """Share of the k nearest vectors that are among the k nearest places."""
    near = search(vectors, vectors, k + 1).rows[:, 1:]
    gaps = ((points[:, None] - points[None]) ** 2).sum(-1)
    np.fill_diagonal(gaps, np.inf)
    drawn = np.argsort(gaps, 1)[:, :k]
    return np.mean([len(set(a) & set(b)) / k for a, b in zip(near, drawn, strict=True)])


def test_few_vectors_are_laid_out_as_in_a_report(rng):
    vectors, _ = clusters(60, rng)
    found = lay_out(vectors, seed=3)
    np.testing.assert_array_equal(found.points, project(vectors, 3).points)


def test_more_than_the_landmarks_keep_their_neighbours_better_than_two_principal_components(rng):
    vectors = rng.normal(size=(700, 3)).astype(np.float32) @ rng.normal(size=(3, 12)).astype(np.float32)
    found = lay_out(vectors, landmarks=200, seed=0)
    plane = np.linalg.svd(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), full_matrices=False)
    flat = plane[0][:, :2] * plane[1][:2]
    assert kept(vectors, found.points) > kept(vectors, flat) + 0.05
    assert "200 landmarks" in found.method


def test_groups_stay_apart(rng):
    vectors, labels = clusters(900, rng)
    points = lay_out(vectors, landmarks=100, seed=1).points
    middles = np.stack([points[labels == one].mean(0) for one in range(5)])
    nearest = ((points[:, None] - middles) ** 2).sum(-1).argmin(1)
    assert (nearest == labels).mean() > 0.97


def test_the_same_vectors_and_seed_give_the_same_places_and_another_seed_others(rng):
    vectors, _ = clusters(120, rng)
    one, again, other = (lay_out(vectors, landmarks=40, seed=seed).points for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert not np.allclose(one, other)


def test_equal_vectors_stand_at_one_place(rng):
    vectors, _ = clusters(100, rng)
    vectors = np.concatenate([vectors, vectors[:50]])
    points = lay_out(vectors, landmarks=20, seed=0).points
    apart = np.linalg.norm(points[:50] - points[100:], axis=1)
    # A landmark stands where t-SNE put it, and its double between it and others.
    assert np.median(apart) < 1e-6


def test_a_vector_that_is_not_finite_is_named(rng):
    vectors, _ = clusters(100, rng)
    vectors[77, 2] = np.nan
    with pytest.raises(InputError, match="row 77"):
        lay_out(vectors, landmarks=20, seed=0)


def test_landmarks_stand_where_they_were_laid_out_and_others_between_them_by_the_formula(rng):
    vectors, _ = clusters(60, rng)
    drawn = np.sort(np.random.default_rng(0).choice(60, 20, replace=False))
    corners = project(vectors[drawn], 0).points
    found = lay_out(vectors, landmarks=20, seed=0).points
    np.testing.assert_array_equal(found[drawn], corners)
    unit = vectors.astype(np.float64) / np.linalg.norm(vectors, axis=1, keepdims=True)
    for row in np.setdiff1d(np.arange(60), drawn):
        cosines = unit[drawn] @ unit[row]
        nearest = np.argsort(-cosines)[:8]
        behind = cosines[nearest[0]] - cosines[nearest]
        weights = np.exp(-behind / behind.mean())
        np.testing.assert_allclose(found[row], weights @ corners[nearest] / weights.sum(), rtol=1e-3, atol=1e-3)
