"""Few labelled texts: as many of every class, no text in two parts, and a classifier that is judged as it should be."""

import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders import StaticText
from counterpoint.experiments.descend import descend
from counterpoint.experiments.few_texts import LabelledTexts, TextClassifier, few_texts


@pytest.fixture(scope="module")
def few():
    return few_texts("trec_qc", shots=5, tests=60, seed=0)


def test_every_class_has_as_many_texts_and_no_text_is_in_two_parts(few):
    assert few.classes == ("ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM")
    for part in (few.train, few.validation):
        assert torch.bincount(part.labels).tolist() == [5] * 6
        assert len(part) == len(part.texts) == 30
    assert len(few.test) == 60
    assert not {*few.train.texts} & {*few.validation.texts}


def test_labels_are_those_of_the_texts(few):
    named = [(text, few.classes[label]) for text, label in zip(few.test.texts, few.test.labels, strict=True)]
    assert {name for text, name in named if "How many" in text} <= {"NUM"}
    who = [name for text, name in named if text[:4] == "Who "]
    assert who
    assert who.count("HUM") == pytest.approx(len(who), abs=2)


def test_the_seed_decides_the_split_and_classes_can_be_chosen(few):
    again, other = (few_texts("trec_qc", shots=5, tests=60, seed=seed) for seed in (0, 1))
    assert again.train.texts == few.train.texts
    assert again.test.texts == few.test.texts
    assert {*other.train.texts} != {*few.train.texts}
    two = few_texts("trec_qc", shots=2, tests=1000, seed=0, classes=("NUM", "HUM"))
    assert two.classes == ("NUM", "HUM")
    assert set(two.test.labels.tolist()) == {0, 1}
    assert len(two.test) == 113 + 65  # all there are of both


def test_what_is_not_there_is_refused():
    with pytest.raises(InputError, match="class 'WHY' has 0 texts"):
        few_texts("trec_qc", shots=2, tests=10, seed=0, classes=("WHY", "NUM"))
    with pytest.raises(InputError, match="class 'ABBR' has 86 texts, and twice as many shots are 100"):
        few_texts("trec_qc", shots=50, tests=10, seed=0)
    with pytest.raises(InputError, match="'stsb' is none"):
        few_texts("stsb", shots=2, tests=10, seed=0)


def test_a_classifier_learns_its_texts_and_is_judged_by_its_scores():
    part = LabelledTexts(["red cat", "red dog", "blue cat", "blue dog"], torch.tensor([0, 0, 1, 1]))
    torch.manual_seed(0)
    model = TextClassifier(StaticText(dim=8, min_frequency=1).build(part.texts), 2)

    def step(_: int) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(model.head(model.embed(part.texts)), part.labels)

    descend(model, step, steps=100, learning_rate=1e-2)
    accuracy, rows = model.judged(part)
    assert accuracy == 1.0
    np.testing.assert_allclose(rows, model.embed(part.texts).detach().numpy(), atol=1e-6)
    turned = LabelledTexts(part.texts, torch.tensor([1, 0, 1, 1]))
    assert model.judged(turned)[0] == 0.75
    assert part.chosen(torch.tensor([2, 0])) == ["blue cat", "red cat"]
