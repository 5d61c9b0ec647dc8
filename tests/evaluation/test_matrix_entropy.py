"""Entropies of Gram matrices: closed forms, limits, and the Gram matrix written out."""

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.evaluation import matrix_entropy, shared_entropy

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(30, 6)) * np.linspace(0.2, 2, 6)


@pytest.mark.parametrize("order", [0.5, 1.0, 2.0])
def test_orthogonal_rows_have_the_logarithm_of_their_number_and_a_line_has_none(order):
    assert matrix_entropy(3 * np.eye(7)[:5], order=order) == pytest.approx(np.log(5))
    assert matrix_entropy(np.outer(np.arange(1, 5), [1.0, 2.0]), order=order) == pytest.approx(0, abs=1e-12)


def test_it_is_that_of_the_eigenvalues_of_the_gram_matrix():
    p = np.linalg.eigvalsh(ROWS @ ROWS.T)[-6:]
    p = p / p.sum()
    assert matrix_entropy(ROWS, order=2) == pytest.approx(-np.log((p**2).sum()))
    assert matrix_entropy(ROWS) == pytest.approx(-(p * np.log(p)).sum())
    assert matrix_entropy(5 * ROWS) == pytest.approx(matrix_entropy(ROWS))


def test_orders_fall_and_meet_at_one():
    low, one, high = (matrix_entropy(ROWS, order=order) for order in (0.5, 1, 2))
    assert low > one > high
    assert matrix_entropy(ROWS, order=1 + 1e-6) == pytest.approx(one, abs=1e-5)


def test_classes_that_both_views_know_are_shared():
    """C blocks in both: the pairs have entropy log C, torn pairs nearly 2 log C."""
    blocks = np.eye(4)[np.repeat(np.arange(4), 60)]
    assert shared_entropy(blocks, blocks, permutations=3) == pytest.approx(np.log(4), abs=0.05)
    one, two = (np.eye(4)[RNG.integers(4, size=240)] for _ in range(2))
    assert shared_entropy(one, two, permutations=3) == pytest.approx(0, abs=0.05)


def test_nothing_is_shared_where_a_view_is_collapsed_or_all_rows_are_orthogonal():
    assert shared_entropy(np.ones((20, 3)), RNG.normal(size=(20, 4))) == pytest.approx(0, abs=1e-9)
    assert shared_entropy(np.eye(12), np.eye(12)) == pytest.approx(0, abs=1e-9)


def test_noise_takes_from_what_is_shared():
    far = [shared_entropy(ROWS, ROWS + scale * RNG.normal(size=ROWS.shape)) for scale in (0.01, 0.5, 5)]
    assert far[0] > far[1] > far[2]


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: matrix_entropy(np.zeros((4, 2))), "all rows are zero"),
        (lambda: matrix_entropy(ROWS, order=0), "order must be a positive number"),
        (lambda: matrix_entropy(np.full((3, 2), np.nan)), "rows holds NaN"),
        (lambda: shared_entropy(ROWS, ROWS[:4]), "first has 30 rows and second 4"),
        (lambda: shared_entropy(ROWS, ROWS, permutations=0), "permutations must be at least 1"),
    ],
)
def test_what_has_no_value_is_refused(call, why):
    with pytest.raises(InputError, match=why):
        call()
