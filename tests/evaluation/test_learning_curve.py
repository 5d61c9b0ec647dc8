"""Curves of error: what is drawn, and where a curve reaches its target."""

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.evaluation import fit_naive_bayes, labels_needed, learning_curve

RNG = np.random.default_rng(0)
LABELS = np.repeat([0, 1], 100)
ROWS = RNG.normal(size=(200, 3)) + 2.0 * LABELS[:, None]
TEST = (RNG.normal(size=(100, 3)) + 2.0 * np.repeat([0, 1], 50)[:, None], np.repeat([0, 1], 50))


class Watching:
    """Guesses class 0 and keeps what it was shown."""

    def __init__(self):
        self.seen = []

    def __call__(self, rows, labels):
        self.seen.append((rows, labels))
        return self

    def predict(self, embeddings):
        return np.zeros(len(embeddings), dtype=int)


def test_every_draw_has_two_of_each_class_and_larger_draws_hold_the_smaller():
    fit = Watching()
    errors = learning_curve(fit, (ROWS, LABELS), TEST, sizes=[4, 20], repeats=3)
    assert errors.tolist() == [0.5, 0.5]
    assert [len(rows) for rows, _ in fit.seen] == [4] * 3 + [20] * 3
    assert all(np.bincount(labels).min() >= 2 for _, labels in fit.seen)
    for small, large in zip(fit.seen[:3], fit.seen[3:], strict=True):
        assert np.array_equal(small[0], large[0][:4])
    again = Watching()
    learning_curve(again, (ROWS, LABELS), TEST, sizes=[4, 20], repeats=3)
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(fit.seen, again.seen, strict=True))


def test_more_labels_help_and_all_of_them_are_a_fit_on_all():
    sizes = [4, 20, 200]
    errors = learning_curve(fit_naive_bayes, (ROWS, LABELS), TEST, sizes=sizes, repeats=20)
    assert errors[0] > errors[1]
    assert errors[2] == pytest.approx((fit_naive_bayes(ROWS, LABELS).predict(TEST[0]) != TEST[1]).mean())


def test_the_number_of_labels_is_read_off_on_a_logarithmic_scale():
    assert labels_needed([10, 1000], [0.3, 0.1], 0.2) == pytest.approx(100)
    assert labels_needed([10, 100], [0.2, 0.1], 0.25) == 10
    assert labels_needed([10, 100], [0.2, 0.1], 0.05) == float("inf")
    assert labels_needed([10, 100, 1000], [0.1, 0.3, 0.1], 0.2) == pytest.approx(10**2.5)  # for good, not for once


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: learning_curve(Watching(), (ROWS, LABELS), TEST, sizes=[3]), "sizes must lie between 4, two rows"),
        (lambda: learning_curve(Watching(), (ROWS, LABELS), TEST, sizes=[201]), "and 200, got"),
        (lambda: learning_curve(Watching(), (ROWS, np.r_[2, LABELS[1:]]), TEST, sizes=[9]), "rows of class 2"),
        (lambda: labels_needed([10, 10], [0.2, 0.1], 0.1), "sizes must be positive and rise"),
        (lambda: labels_needed([10, 20], [0.2], 0.1), "errors has 1 entries|1 entries for 2"),
    ],
)
def test_what_has_no_value_is_refused(call, why):
    with pytest.raises(InputError, match=why):
        call()
