import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, top_k_accuracy_score

from counterpoint.base.errors import InputError
from counterpoint.evaluation.cosine import unit_rows
from counterpoint.evaluation.zero_shot import prompt_ensemble, zero_shot


def _examples(seed=0, n=120, k=8):
    rng = np.random.default_rng(seed)
    classes = rng.normal(size=(k, 10))
    labels = rng.integers(k, size=n)
    return classes[labels] + 1.5 * rng.normal(size=(n, 10)), classes, labels


def test_accuracies_equal_scikit_learn():
    examples, classes, labels = _examples()
    score = unit_rows(examples) @ unit_rows(classes).T
    found = {one.name: one.value for one in zero_shot(examples, classes, labels)}
    assert list(found) == ["zero_shot_accuracy@1", "zero_shot_accuracy@5", "zero_shot_mean_per_class"]
    for k in (1, 5):
        peer = top_k_accuracy_score(labels, score, k=k, labels=np.arange(8))
        assert found[f"zero_shot_accuracy@{k}"] == pytest.approx(peer)
    peer = balanced_accuracy_score(labels, score.argmax(axis=1))
    assert found["zero_shot_mean_per_class"] == pytest.approx(peer)


def test_ensemble_is_the_mean_direction_and_ignores_lengths():
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(2, 4, 6))
    expected = unit_rows(unit_rows(first) + unit_rows(second))
    np.testing.assert_allclose(prompt_ensemble([5 * first, second]), expected, atol=1e-12)
    np.testing.assert_allclose(prompt_ensemble([first]), unit_rows(first), atol=1e-12)


def test_an_ensemble_of_noisy_prompts_beats_a_single_one():
    rng = np.random.default_rng(2)
    examples, classes, labels = _examples(n=600)
    prompts = [classes + 2 * rng.normal(size=classes.shape) for _ in range(16)]
    one, many = (zero_shot(examples, prompt_ensemble(p), labels)[0].value for p in (prompts[:1], prompts))
    assert many > one + 0.05


def test_depths_of_all_classes_are_left_out():
    examples, classes, labels = _examples(k=3)
    assert [one.name for one in zero_shot(examples, classes, labels)][1] == "zero_shot_mean_per_class"
    with pytest.raises(InputError, match="depths"):
        zero_shot(examples, classes, labels, depths=(3,))


def test_bad_input_is_refused():
    examples, classes, labels = _examples()
    with pytest.raises(InputError, match="rows of classes"):
        zero_shot(examples, classes, labels + 1)
    with pytest.raises(InputError, match="at least one template"):
        prompt_ensemble([])
    with pytest.raises(InputError, match=r"prompts\[1\]"):
        prompt_ensemble([classes, classes[:3]])
