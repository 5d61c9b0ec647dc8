"""Dense features: loops over cells, matches that are known, and the measures of plain rows."""

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.evaluation import alignment, dense_alignment, dense_uniformity, nearest_cells, uniformity

RNG = np.random.default_rng(0)
FIRST = RNG.normal(size=(7, 4, 5))
SECOND = RNG.normal(size=(7, 6, 5))
SAME = np.tile(np.arange(4), (7, 1))


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def test_the_nearest_cell_of_the_same_image_is_found():
    order = np.stack([RNG.permutation(4) for _ in range(7)])
    moved = np.take_along_axis(3 * FIRST, np.argsort(order)[:, :, None], axis=1)
    assert np.array_equal(nearest_cells(FIRST, moved), order)
    expected = [[int(np.argmax(unit(SECOND[n]) @ unit(FIRST[n, c]))) for c in range(4)] for n in range(7)]
    assert nearest_cells(FIRST, SECOND).tolist() == expected


def test_alignment_is_the_mean_over_matched_cells():
    match = RNG.integers(-1, 6, size=(7, 4))
    match[:, 0] = 2
    per_image = [
        np.mean([np.square(unit(FIRST[n, c]) - unit(SECOND[n, m])).sum() for c, m in enumerate(match[n]) if m >= 0])
        for n in range(7)
    ]
    found = dense_alignment(FIRST, SECOND, match)
    assert found.value == pytest.approx(np.mean(per_image))
    assert found.n == 7


def test_with_all_cells_matched_it_is_that_of_rows():
    other = FIRST + 0.2 * RNG.normal(size=FIRST.shape)
    rows = alignment(FIRST.reshape(-1, 5), other.reshape(-1, 5)).value
    assert dense_alignment(FIRST, other, SAME).value == pytest.approx(rows)
    assert dense_alignment(FIRST, FIRST, SAME).value == pytest.approx(0, abs=1e-12)
    nearest = dense_alignment(FIRST, SECOND, nearest_cells(FIRST, SECOND)).value
    assert nearest <= dense_alignment(FIRST, SECOND, SAME).value


def test_uniformity_is_over_cells_of_all_images():
    assert dense_uniformity(FIRST).value == pytest.approx(uniformity(FIRST.reshape(-1, 5)).value)
    assert dense_uniformity(FIRST, sample=10).n == 10


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: nearest_cells(FIRST, SECOND[:3]), "the same images and width"),
        (lambda: nearest_cells(FIRST[0], SECOND), r"first must have three axes \[N, L, D\]"),
        (lambda: dense_alignment(FIRST, SECOND, SAME[:, :2]), "match must be integers"),
        (lambda: dense_alignment(FIRST, SECOND, SAME + 3), "cells of second below 6, got 6"),
        (lambda: dense_alignment(FIRST, SECOND, np.where(SAME > -1, -1, 0)), "image 0 has none"),
        (lambda: dense_uniformity(np.full((2, 2, 2), np.nan)), "holds NaN"),
    ],
)
def test_what_has_no_value_is_refused(call, why):
    with pytest.raises(InputError, match=why):
        call()
