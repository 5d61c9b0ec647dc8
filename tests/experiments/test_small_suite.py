"""The small suite: six tasks of one shape, drawn by a seed, and labels that are what the images show."""

import numpy as np
import pytest
import torch

from counterpoint.experiments.small_suite import SIZE, small_suite


@pytest.fixture(scope="module")
def suite():
    return small_suite(50, seed=0)


def test_every_task_has_images_of_one_shape_and_as_many_labels(suite):
    assert {group: list(tasks) for group, tasks in suite.items()} == {
        "natural": ["clothes", "emoji"],
        "specialised": ["digits", "alphabets"],
        "structured": ["count", "place"],
    }
    for task in (one for tasks in suite.values() for one in tasks.values()):
        assert task.train.shape == (50, 3, SIZE, SIZE)
        assert task.test.shape[1:] == (3, SIZE, SIZE)
        assert task.train.min() >= 0
        assert task.train.max() <= 1
        assert (len(task.train_label), len(task.test_label)) == (len(task.train), len(task.test))
        assert len(np.unique(task.train_label)) > 1


def test_made_labels_are_what_the_images_show(suite):
    """A square is one colour over nine pixels, noise is not: flat pixels tell where and how many."""
    for name, task in suite["structured"].items():
        for image, label in zip(task.train, task.train_label, strict=True):
            flat = ((image[:, 1:, 1:] == image[:, :-1, 1:]) & (image[:, 1:, 1:] == image[:, 1:, :-1])).all(0)
            assert int(flat.sum()) == 4 * (1 if name == "place" else label + 1)  # 2 x 2 in each square of 3 x 3
            if name == "place":
                row, column = (int(one) for one in torch.nonzero(flat)[0])
                assert 4 * (row // 4) + column // 4 == label


def test_the_seed_draws(suite):
    again, other = small_suite(50, seed=0), small_suite(50, seed=1)
    for group, tasks in suite.items():
        for name, task in tasks.items():
            assert torch.equal(task.train, again[group][name].train)
            assert not torch.equal(task.train, other[group][name].train)
