"""Classes as words in a gap: the gap is found, whole words are scored, and what cannot be asked is refused."""

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders import SmallBert
from counterpoint.experiments.cloze import Cloze, ClozeModel
from counterpoint.experiments.descend import descend
from counterpoint.experiments.small_masked_model import learning_copy
from counterpoint.experiments.word_guesser import learn_to_guess

SENTENCES = ["a cat is an animal", "a rose is a plant", "a dog is an animal", "an oak is a plant"]
CLOZE = Cloze("{text} is {word} .")


@pytest.fixture
def model():
    spec = SmallBert(dim=16, layers=1, min_frequency=1, max_length=40, dropout=0.0)
    torch.manual_seed(0)
    model = learning_copy(learn_to_guess(spec.build(SENTENCES), SENTENCES, steps=1))
    model.encoder.eval()
    return model


def test_a_template_is_asked_and_told():
    assert CLOZE.asked("a  cat") == "a cat is [MASK] ."
    assert CLOZE.told("a cat", "animal") == "a cat is animal ."
    assert CLOZE.asked(" ".join(["long"] * 50)).split()[14:] == ["is", "[MASK]", "."]


def test_states_are_those_at_the_gap_wherever_it_stands(model):
    cloze = ClozeModel(model, ["animal", "plant"])
    texts = ["a cat is [MASK]", "[MASK] : a rose is a plant"]
    together = cloze.states(texts)
    for text, state in zip(texts, together, strict=True):
        inputs = model.encoder.collate([text])
        place = inputs["input_ids"][0].tolist().index(model.encoder.tokenizer.mask_token_id)
        torch.testing.assert_close(model.encoder.model(**inputs).last_hidden_state[0, place], state)


def test_a_class_scores_the_mean_of_its_tokens(model):
    words = ["animal", "zebra", "cat"]
    scores = ClozeModel(model, words).scores(states := torch.randn(4, 16))
    every = model.head(states)
    for word, found in zip(words, scores.T, strict=True):
        tokens = model.encoder.tokenizer(word, add_special_tokens=False)["input_ids"]
        torch.testing.assert_close(every[:, tokens].mean(1), found)
    assert len(model.encoder.tokenizer("zebra", add_special_tokens=False)["input_ids"]) > 1


def test_it_learns_to_fill_the_gap(model):
    cloze, labels = ClozeModel(model, ["animal", "plant"]), torch.tensor([0, 1, 0, 1])
    asked = [CLOZE.asked(text) for text in ("a cat", "a rose", "a dog", "an oak")]

    def step(_: int) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(cloze.scores(cloze.states(asked)), labels)

    descend(cloze, step, steps=60, learning_rate=1e-2)
    assert torch.equal(cloze.scores(cloze.states(asked)).argmax(1), labels)


def test_what_cannot_be_asked_is_refused(model):
    with pytest.raises(InputError, match=r"template must hold \{word\} once, got 'what is \{text\}'"):
        Cloze("what is {text}")
    with pytest.raises(InputError, match="words must be all different"):
        ClozeModel(model, ["animal", "animal"])
    for text in ("a cat", "[MASK] is [MASK]"):
        with pytest.raises(InputError, match=r"texts must have one \[MASK\] each"):
            ClozeModel(model, ["animal", "plant"]).states(["a [MASK]", text])
