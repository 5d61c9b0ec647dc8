"""Adapting an encoder: it learns, leaves the first alone, and is a function of its seed."""

import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders import ConvNet
from counterpoint.experiments.fine_tune import fine_tune

SIDE = np.repeat(["left", "right"], 40)
IMAGES = 0.1 * torch.rand(80, 1, 8, 8, generator=torch.Generator().manual_seed(0))
IMAGES[:40, :, :, :4] += 0.6
IMAGES[40:, :, :, 4:] += 0.6


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return ConvNet(width=4).build(IMAGES)


def test_it_learns_words_and_the_first_encoder_stays(encoder):
    before = {name: one.clone() for name, one in encoder.state_dict().items()}
    state = torch.random.get_rng_state()
    tuned = fine_tune(encoder, IMAGES, SIDE, steps=30, batch_size=16)
    assert (tuned.predict(IMAGES) == SIDE).mean() > 0.95
    assert all(torch.equal(one, before[name]) for name, one in encoder.state_dict().items())
    assert any(not torch.equal(one, before[name]) for name, one in tuned.encoder.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), state)


def test_the_seed_decides(encoder):
    weights = [fine_tune(encoder, IMAGES, SIDE, steps=1, seed=seed).head.weight for seed in (0, 0, 1)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("labels", [SIDE[:5], np.zeros(80, dtype=int)])
def test_labels_that_do_not_fit_are_refused(encoder, labels):
    with pytest.raises(InputError, match="80 images need as many labels of 2 classes or more"):
        fine_tune(encoder, IMAGES, labels, steps=1)
