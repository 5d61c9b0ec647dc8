"""What the papers of prompts and adapters are made of, beside their claims."""

import math

import numpy as np
import pytest
import torch

from counterpoint.experiments.claim import Setting
from counterpoint.experiments.few_texts import few_texts
from counterpoint.experiments.small_masked_model import learning_copy, small_masked_model
from counterpoint.papers.info_prompt import PromptInformation, PromptTuning
from counterpoint.papers.lm_supcon import TASKS, Learner
from counterpoint.papers.peft_augmentation import Tuning, grid, mean_changes


@pytest.fixture(scope="module")
def few():
    return few_texts("trec_qc", shots=2, tests=20, seed=0)


def test_terms_of_information_are_cross_entropies_of_the_true_prompt_among_shaken_ones():
    torch.manual_seed(0)
    prompts = [torch.nn.Parameter(torch.randn(3, 8)) for _ in range(2)]
    terms, head, output = PromptInformation(2, 8), torch.randn(5, 8), torch.randn(5, 8)
    found = terms(prompts, head, output, torch.Generator().manual_seed(1))
    noise = torch.randn(32, 2, 3, 8, generator=torch.Generator().manual_seed(1))
    stacked = torch.stack(list(prompts))
    summed = [one.mean(1).flatten() for one in (stacked, *(stacked + stacked.square().mean().sqrt() * noise))]
    for value, anchors, to in ((found[0], head, terms.to_head), (found[1], output, terms.to_output)):
        candidates = torch.stack([to(one) for one in summed])
        cosines = torch.nn.functional.cosine_similarity(anchors[:, None], candidates[None], dim=2)
        torch.testing.assert_close(-(cosines / 0.1).log_softmax(1)[:, 0].mean(), value)
    found.sum().backward()
    assert all(bool(one.grad.any()) for one in (*prompts, *terms.parameters()))


def test_beginnings_differ_in_their_prompts_alone(few):
    runs = [PromptTuning(Setting.TINY, few, start=start, seed=3) for start in (0, 1)]
    assert torch.equal(*(run.classifier.head.weight for run in runs))
    assert not torch.equal(*(run.encoder.prompts()[0] for run in runs))


def test_weights_change_what_is_learnt_and_none_do_not(few):
    prompts = [
        PromptTuning(Setting.TINY, few, start=0, seed=0).learn(weights, steps=3).encoder.prompts()[0].detach()
        for weights in (None, (0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
    ]
    assert torch.equal(prompts[0], prompts[1])
    assert not torch.equal(prompts[0], prompts[2])
    assert not torch.equal(prompts[0], prompts[3])


def test_shown_texts_have_one_gap_and_demonstrations_with_their_own_words(few):
    learner = Learner(learning_copy(small_masked_model(Setting.TINY)), TASKS[0], few, demonstrations=2, seed=0)
    shown = learner.shown(["Who ?"], np.array([[1, 4]]), TASKS[0].templates[0])[0]
    words = [TASKS[0].words[few.classes[int(few.train.labels[row])]] for row in (1, 4)]
    assert shown.count("[MASK]") == 1
    told = [f"{word} : {few.train.texts[row]}" for word, row in zip(words, (1, 4), strict=True)]
    assert shown == " ".join(["[MASK] : Who ?", *(" ".join(one.split()[:16]) for one in told)])


def test_every_side_learns_its_few_texts(few):
    for side in ("method", "baseline", "augmented"):
        learner = Learner(learning_copy(small_masked_model(Setting.TINY)), TASKS[0], few, demonstrations=0, seed=0)
        before = learner.contrasted[0].weight.detach().clone()
        learner.learn(side, (), steps=20, rates=(1e-3, 3e-3))
        assert learner.accuracy(few.train) > 0.6  # a sixth by chance
        assert torch.equal(learner.contrasted[0].weight, before) == (side == "baseline")


def test_what_is_kept_is_where_validation_texts_were_told_best(few):
    learner = Learner(learning_copy(small_masked_model(Setting.TINY)), TASKS[0], few, demonstrations=0, seed=0)
    told, seen = learner.accuracy, []

    def judged(part):
        seen.append(told(part))
        return seen[-1]

    learner.accuracy = judged
    learner.learn("baseline", (), steps=6, looks=3, rates=(1e-3, 3e-3))
    assert len(seen) == 3
    assert told(few.validation) == max(seen)


def test_a_later_look_that_is_worse_is_not_kept(few):
    learner = Learner(learning_copy(small_masked_model(Setting.TINY)), TASKS[0], few, demonstrations=0, seed=0)
    scripted, seen = iter([0.2, 0.9, 0.1]), []

    def judged(part):
        seen.append({name: one.clone() for name, one in learner.model.state_dict().items()})
        return next(scripted)

    learner.accuracy = judged
    learner.learn("baseline", (), steps=3, looks=3, rates=(1e-3, 3e-3))
    kept = learner.model.state_dict()
    assert all(torch.equal(one, kept[name]) for name, one in seen[1].items())
    assert any(not torch.equal(one, kept[name]) for name, one in seen[2].items())


def test_the_grid_takes_a_callable_for_paraphrases_and_its_changes_have_intervals():
    seen = []

    def paraphrase(texts, seeds):
        seen.extend(texts)
        return [f"so {text}" for text in texts]

    figures = [grid(Setting.TINY, seed, paraphrase=paraphrase) for seed in (0, 1)]
    assert len(seen) == 2 * 2 * 12  # two seeds, two adapters, the 12 texts of a batch
    changes = mean_changes(figures)
    assert set(changes) == {f"{one} {two}" for one in ("prompts", "low-rank") for two in ("easy", "reworded", "mixup")}
    differences = [one["prompts easy"]["accuracy"] - one["prompts none"]["accuracy"] for one in figures]
    mean, low, high = changes["prompts easy"]
    assert mean == pytest.approx(np.mean(differences))
    assert high - low == pytest.approx(2 * 12.7062 * np.std(differences, ddof=1) / math.sqrt(2), rel=1e-4)


@pytest.mark.parametrize("adapter", ["prompts", "low-rank"])
def test_an_adapter_learns_its_few_texts_and_nothing_of_the_transformer(few, adapter):
    tuning = Tuning(adapter, Setting.TINY, few, seed=0)
    frozen = {name: one.clone() for name, one in tuning.classifier.named_parameters() if not one.requires_grad}
    tuning.learn("none", None, steps=60, rate=3e-2)
    assert tuning.classifier.judged(few.train)[0] > 0.6
    left = dict(tuning.classifier.named_parameters())
    assert all(torch.equal(left[name], one) for name, one in frozen.items())
