"""Paths, views and the choice of a layer: angles that are known, and a softmax by hand."""

from dataclasses import asdict

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.evaluation import choose_layer, curvature, layer_measures, lidar, matrix_entropy, view_information

RNG = np.random.default_rng(0)
FIRST = RNG.normal(size=(20, 5))
SECOND = FIRST + 0.3 * RNG.normal(size=FIRST.shape)


def polygon(corners):
    turn = 2 * np.pi * np.arange(corners + 2) / corners
    return np.stack([np.cos(turn), np.sin(turn), np.zeros_like(turn)], axis=1)


@pytest.mark.parametrize("corners", [3, 4, 12])
def test_a_regular_polygon_turns_by_its_outer_angle(corners):
    assert curvature(polygon(corners)) == pytest.approx(2 * np.pi / corners)


def test_a_straight_path_does_not_turn_and_one_to_and_fro_turns_back():
    line = np.outer([0.0, 1, 1, 3, 3.5], [1.0, 2.0])  # a halt and other steps are still straight
    assert curvature(line) == pytest.approx(0, abs=1e-7)
    assert curvature(np.outer([0.0, 1, 0, 1], [1.0, 2.0])) == pytest.approx(np.pi)
    assert curvature(7 * polygon(5) + 3) == pytest.approx(curvature(polygon(5)))


def test_view_information_is_the_logarithm_less_the_loss():
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (FIRST, SECOND))
    exp = np.exp(a @ b.T / 0.2)
    loss = -np.log(np.diag(exp) / exp.sum(axis=1)).mean()
    assert view_information(FIRST, SECOND, temperature=0.2) == pytest.approx(np.log(20) - loss)
    assert view_information(np.ones((8, 2)), np.ones((8, 2))) == pytest.approx(0, abs=1e-12)
    assert view_information(np.eye(8), np.eye(8), temperature=0.01) == pytest.approx(np.log(8))


def test_a_layer_is_measured_by_what_stands_by_itself():
    texts = [polygon(5), polygon(7)]
    found = layer_measures(texts, FIRST, SECOND)
    entropies = [matrix_entropy(one) for one in texts]
    assert found.entropy == pytest.approx(np.mean(entropies))
    assert found.effective_rank == pytest.approx(np.mean(np.exp(entropies)))
    assert found.curvature == pytest.approx((2 * np.pi / 5 + 2 * np.pi / 7) / 2)
    assert found.lidar == pytest.approx(lidar(np.concatenate([FIRST, SECOND]), np.r_[np.arange(20), np.arange(20)]))
    assert all(np.isfinite(value) for value in asdict(found).values())


def test_the_earliest_of_the_best_layers_is_chosen():
    assert choose_layer([0.1, 0.9, 0.9, 0.2]) == 1
    assert choose_layer([0.1, 0.9, 0.1], lower=True) == 0


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: curvature(np.ones((5, 2))), "number of steps of path must be at least 2"),
        (lambda: curvature(np.ones((2, 2))), "path must have at least 3 rows"),
        (lambda: layer_measures([], FIRST, SECOND), "at least one text"),
        (lambda: view_information(FIRST, SECOND[:5]), "row i belongs to row i"),
        (lambda: view_information(FIRST, SECOND, temperature=-1), "temperature must be a positive"),
        (lambda: choose_layer([]), "number of layers must be at least 1"),
        (lambda: choose_layer([0.1, float("nan")]), "values must be finite"),
    ],
)
def test_what_has_no_value_is_refused(call, why):
    with pytest.raises(InputError, match=why):
        call()
