import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.evaluation import few_shot
from counterpoint.evaluation.few_shot import few_shot_accuracy


def _clouds(noise, classes=8, each=20, dim=16):
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(classes), each)
    return rng.normal(size=(classes, dim))[labels] + noise * rng.normal(size=(labels.size, dim)), labels


def test_episode_equals_nearest_mean_written_as_a_loop():
    x, _ = _clouds(1.5)
    rows = np.random.default_rng(1).permutation(160)[: 4 * 9].reshape(4, 9)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    means = [unit[way[:3]].mean(axis=0) for way in rows]
    right = [
        np.argmin([np.sum((unit[i] - mean) ** 2) for mean in means]) == c for c, way in enumerate(rows) for i in way[3:]
    ]
    assert few_shot._episode(x, rows, 3) == pytest.approx(np.mean(right))


def test_episodes_draw_distinct_rows_of_distinct_classes():
    _, labels = _clouds(1.0)
    members = [np.flatnonzero(labels == c) for c in range(8)]
    rng = np.random.default_rng(2)
    for _ in range(20):
        rows = few_shot._draw(members, 5, 7, rng)
        assert np.unique(rows).size == 35
        assert (labels[rows] == labels[rows][:, :1]).all()
        assert np.unique(labels[rows][:, 0]).size == 5


def test_chance_certainty_and_more_shots():
    noise_only, labels = np.random.default_rng(3).normal(size=(160, 16)), np.repeat(np.arange(8), 20)
    assert few_shot_accuracy(noise_only, labels, episodes=200).value == pytest.approx(0.2, abs=0.04)
    x, labels = _clouds(0.01)
    assert few_shot_accuracy(x, labels, episodes=20).value == 1.0
    x, labels = _clouds(2.0)
    one, five = (few_shot_accuracy(x, labels, shots=s, queries=10, episodes=100) for s in (1, 5))
    assert five.low > one.high
    assert (one.name, one.n) == ("few_shot_accuracy_5way_1shot", 100)


def test_seed_decides_the_episodes_and_scale_does_not_matter():
    x, labels = _clouds(2.0)
    base = few_shot_accuracy(x, labels, episodes=30)
    assert few_shot_accuracy(100 * x, labels, episodes=30).value == base.value
    assert few_shot_accuracy(x, labels, episodes=30, seed=1).value != base.value


def test_small_classes_take_no_part_and_too_few_are_refused():
    x, labels = _clouds(1.0)
    labels[0] = 99
    few_shot_accuracy(x, labels, ways=7, shots=5, episodes=5)
    with pytest.raises(
        InputError, match=r"7 classes with at least 20 examples \(shots \+ queries\), and 8 ways need 8"
    ):
        few_shot_accuracy(x, labels, ways=8, shots=5)
    with pytest.raises(InputError, match="ways must be at least 2, got 1"):
        few_shot_accuracy(x, labels, ways=1)
