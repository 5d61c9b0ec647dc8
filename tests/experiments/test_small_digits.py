"""The small encoder of digits that trials share: a function of its seed, and one that learns."""

import numpy as np
import torch

from counterpoint.experiments.small_digits import DIM, VIEWS, digits, train_digits
from counterpoint.objectives import Alignment, InfoNCE, NTXent
from counterpoint.pairwise import Dot


def test_views_are_of_their_rows():
    test = digits("test")
    assert test.views.shape == (VIEWS, len(test.labels), 64)
    assert test.rows.min() >= -1
    assert test.rows.max() <= 1
    own = (test.views[0] - test.rows).square().sum(1)
    assert own.mean() < (test.views[0] - test.rows.roll(1, 0)).square().sum(1).mean()


def test_the_seed_decides_and_the_global_state_is_left_alone():
    state = torch.random.get_rng_state()
    first, again, other = (train_digits(NTXent(), steps=2, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert first.test.shape == (len(first.test_labels), DIM)
    assert np.array_equal(first.test, again.test)
    assert not np.array_equal(first.test, other.test)


def test_contrast_learns_and_alignment_alone_collapses():
    contrast, collapsed = (
        train_digits(loss, steps=60, seed=0).figures() for loss in (InfoNCE(temperature=0.2), Alignment())
    )
    assert contrast["knn_accuracy"] > 0.8
    assert contrast["uniformity"] < -1 < collapsed["uniformity"]
    assert collapsed["alignment"] < contrast["alignment"]


def test_unit_rows_make_the_inner_product_a_cosine():
    inner = InfoNCE(temperature=0.2, similarity=Dot())
    cosine, unit, raw = (
        train_digits(loss, steps=3, seed=0, unit=unit).test
        for loss, unit in ((InfoNCE(temperature=0.2), False), (inner, True), (inner, False))
    )
    # Adam makes steps of the rounding of gradients that are 0, so the two agree to a few steps of the smallest kind.
    assert np.abs(unit - cosine).max() < 0.02 < np.abs(raw - cosine).max()
