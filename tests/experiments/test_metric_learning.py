"""Metric learning on classes of patterns that are easy to tell apart."""

import numpy as np
import pytest
import torch

from counterpoint.data import MemoryTable
from counterpoint.experiments.metric_learning import (
    AgainstClasses,
    ClassImages,
    MetricLoop,
    class_images,
    embedded,
    learn_metric,
    recall_at_1,
)
from counterpoint.objectives import InfoNCE, SupCon

LOOP = MetricLoop(steps=15, batch_size=8, per_class=2, width=4, dim=8)


@pytest.fixture
def stripes() -> ClassImages:
    """Four classes: a bright column or row, under noise."""
    draw = torch.Generator().manual_seed(0)
    images = 0.3 * torch.rand(40, 1, 8, 8, generator=draw)
    labels = torch.arange(4).repeat(10)
    for image, label in zip(images, labels, strict=True):
        (image[0, :, 2 * label] if label < 2 else image[0, 2 * label])[:] += 0.7
    return ClassImages(images, labels)


@pytest.mark.parametrize("name", ["pairs", "classes"])
def test_it_learns_from_pairs_and_from_rows_of_classes(stripes, name):
    torch.manual_seed(0)
    against = AgainstClasses(InfoNCE(temperature=0.1), 4, LOOP.dim)
    before = against.rows().detach().clone()
    loss = against if name == "classes" else lambda z, y: SupCon()(z, labels=y)
    network = learn_metric(stripes, loss, LOOP, seed=0)
    assert recall_at_1(embedded(network, stripes), stripes.labels) > 0.9
    assert torch.equal(before, against.rows()) == (name == "pairs")


def test_a_seed_gives_the_same_network_and_no_random_state_is_touched(stripes):
    state = torch.random.get_rng_state()
    first, second, other = (
        embedded(learn_metric(stripes, lambda z, y: SupCon()(z, labels=y), LOOP, seed=seed), stripes)
        for seed in (0, 0, 1)
    )
    assert np.array_equal(first, second)
    assert not np.allclose(first, other)
    assert torch.equal(state, torch.random.get_rng_state())


def test_recall_is_the_share_of_nearest_others_of_the_class():
    z = np.array([[1, 0], [1, 0.1], [0, 1], [1, 0.2]], dtype=np.float32)
    assert recall_at_1(z, np.array([0, 0, 1, 1])) == pytest.approx(0.5)


def test_images_of_a_table_are_scaled_and_classes_numbered():
    pixels = np.full((3, 2, 2), 255, dtype=np.uint8)
    found = class_images(MemoryTable({"image": pixels, "label": ["b", "a", "b"]}), np.array([0, 1]))
    assert found.images.shape == (2, 1, 2, 2)
    assert float(found.images.min()) == 1.0
    assert found.labels.tolist() == [1, 0]
