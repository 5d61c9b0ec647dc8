"""PromCSE: a frozen transformer with learnt keys and values in every layer, and a hinge on the nearest negative."""

import copy
import warnings
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from counterpoint.base.extras import require
from counterpoint.data.sets import sts12_16, stsb
from counterpoint.encoders import Encoder
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.evaluation import fit_tfidf
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.sentence_tuning import (
    CLOSE,
    ScoredPairs,
    SentenceLearner,
    SentenceLoop,
    scored_pairs,
    sentence_data,
    sentence_start,
)
from counterpoint.objectives import EnergyMargin, InfoNCE

paper = Paper(
    short="PromCSE",
    title="Improved Universal Sentence Embeddings with Prompt-based Contrastive Learning and Energy-based Learning",
    authors="Jiang, Zhang and Wang",
    year=2022,
    identifier="arXiv:2203.06875",
    wing=Wing.TEXT,
    implements="Section 3.1, learnt keys and values in every layer under SimCSE's loss with all else frozen, against "
    "tuning all layers; and the hinge of a positive against the nearest of all other positives and hard negatives of "
    "the batch, beside the supervised loss, against that loss alone",
    deviates="MiniLM's first 3 layers, whose token vectors stay frozen in full tuning too, and the mean over tokens in "
    "place of BERT-base and its first token; so there is no further MLP, as the public code has one with the first "
    "token alone. Without labels, sentences of STS-B in place of Wikipedia. With labels, pairs of STS-B with a score "
    "of 4 or more and the sentence that shares most words in place of NLI and its contradictions (negatives written by "
    "rules made supervised prompts worse than the start). Adam with a rate that falls as a cosine, steps of 32. Rates "
    "without labels are the best of two on STS-B's development part at two other seeds: 0.1 of 0.03 and 0.1 for "
    "prompts, 0.0001 of 0.0001 and 0.0003 for all layers. With labels the rate of 0.01, the margin of 0.2 and the "
    "weight of 10 are the public code's. In `small`, 60 steps, every second pair of STS-B's test part, every sixth of "
    "SemEval 2012, which has sources in common with STS-B.",
)
claim = Claim(
    statement="Prompts alone match full tuning, lose less under a shift of domain, and the hinge adds to supervision.",
    checks=(
        Better(measure="spearman", by=-0.01, statement="Prompts are at most one point worse than full tuning."),
        Better(measure="shifted", statement="On sentences of other sources prompts are better."),
        Within(measure="share_trained", below=0.01, statement="Less than 1 % of the weights learn."),
        Better(measure="spearman", side="hinge", than="supervised", statement="The hinge adds to supervised training."),
    ),
    minutes=12,
    seeds=10,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 60, Setting.FULL: 5000}
_SHIFTED = {Setting.TINY: (20, 1), Setting.SMALL: (10_000, 6), Setting.FULL: (10_000, 1)}
_PROMPTS, _LABELLED_PROMPTS, _SPREAD, _DROPOUT = 16, 12, 0.02, 0.1
_RATE, _LABELLED_RATE, _FULL_RATE = 1e-1, 1e-2, 1e-4
_LOSS, _HINGE, _WEIGHT = InfoNCE(temperature=0.05), EnergyMargin(margin=0.2), 10.0
_SAME = 0.5
Step = Callable[[int], Tensor]
Triples = tuple[list[str], list[str], list[str]]
"""Anchors, positives and hard negatives, `[N]` each."""


def trial(setting: Setting, seed: int) -> Figures:
    """The same start, sentences and steps, without and with labels."""
    data, start = sentence_data(setting), sentence_start(setting)
    count, every = _SHIFTED[setting]
    tests = {"spearman": data.test, "shifted": scored_pairs(sts12_16(years=(2012,)).test, count, every=every)}
    triples = scored_triples(scored_pairs(stsb().train, 200 if setting is Setting.TINY else 10_000))

    def loop(rate: float) -> SentenceLoop:
        return SentenceLoop(steps=_STEPS[setting], batch_size=32, learning_rate=rate)

    def unlabelled(encoder: HuggingFaceEncoder, rate: float) -> Encoder:
        learner = SentenceLearner(encoder, data.train, loop(rate), seed=seed)
        return learner.learn(learner.contrast(_LOSS))

    def labelled(hinge: float) -> Encoder:
        encoder = prompted(start, _LABELLED_PROMPTS, seed=seed)
        learner = SentenceLearner(encoder, triples[0], loop(_LABELLED_RATE), seed=seed)
        return learner.learn(supervised(learner, triples, hinge=hinge))

    sides = {
        "method": unlabelled(prompted(start, _PROMPTS, seed=seed), _RATE),
        "baseline": unlabelled(start, _FULL_RATE),
        "supervised": labelled(0.0),
        "hinge": labelled(_WEIGHT),
    }
    figures = {
        side: {name: test.judged(encoder)["spearman"] for name, test in tests.items()}
        for side, encoder in sides.items()
    }
    figures["method"]["share_trained"] = share_trained(sides["method"])
    return figures


def prompted(start: HuggingFaceEncoder, length: int, *, seed: int) -> HuggingFaceEncoder:
    """A frozen copy whose every layer attends to ``length`` learnt keys and values besides those of the text.

    The keys and values are those of peft's prefix tuning (Li and Liang 2021, arXiv:2101.00190). They begin as BERT's
    weights do and are dropped out while they learn, as in PromCSE's public code; positions of the text count them.

    Args:
        start: Left as it is.
        length: Keys and values a layer.
        seed: Decides them at first.
    """
    peft = require("peft", extra="text", purpose="prompts of every layer")
    encoder = copy.deepcopy(start)
    config = peft.PrefixTuningConfig(task_type=peft.TaskType.FEATURE_EXTRACTION, num_virtual_tokens=length)
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        # peft asks transformers for a property by a name that will go
        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing`", category=FutureWarning)
        torch.manual_seed(seed)
        encoder.model = peft.get_peft_model(encoder.model, config)
        prefix = encoder.model.prompt_encoder["default"]
        nn.init.normal_(prefix.embedding.weight, std=_SPREAD)
    prefix.register_forward_hook(_dropped)
    # peft leaves token types out, with a warning; of one text they are all 0, as they are by default
    encoder.tokenizer.model_input_names = ["input_ids", "attention_mask"]
    return encoder


def _dropped(module: nn.Module, _: tuple[Tensor, ...], keys_and_values: Tensor) -> Tensor:
    """Keys and values of all layers, some of their numbers 0 while the module learns."""
    return dropout(keys_and_values, _DROPOUT, module.training)


def share_trained(encoder: Encoder) -> float:
    """Weights that learn over all there are."""
    sizes = [(one.numel(), one.requires_grad) for one in encoder.parameters()]
    return sum(size for size, learns in sizes if learns) / sum(size for size, _ in sizes)


def scored_triples(pairs: ScoredPairs) -> Triples:
    """Both sides of every close pair, and for each the sentence of all pairs that shares most words with its anchor.

    The positive is no negative, nor is a sentence whose TF-IDF cosine with the anchor is half or more: it may well say
    the same.
    """
    close = np.flatnonzero(pairs.score >= CLOSE)
    anchors, positives = ([side[row] for row in close] for side in (pairs.first, pairs.second))
    texts = list(dict.fromkeys([*pairs.first, *pairs.second]))
    place, embed = {text: row for row, text in enumerate(texts)}, fit_tfidf(texts)
    shared_NM = np.asarray((embed(anchors) @ embed(texts).T).todense())
    shared_NM[np.arange(len(close)), [place[text] for text in positives]] = -1
    shared_NM[shared_NM >= _SAME] = -1
    return anchors, positives, [texts[row] for row in shared_NM.argmax(1)]


def supervised(learner: SentenceLearner[HuggingFaceEncoder], triples: Triples, *, hinge: float) -> Step:
    """InfoNCE over the positives and hard negatives of the batch, and the hinge on the nearest of all negatives."""

    def step(_: int) -> Tensor:
        rows = learner.rows().tolist()
        anchors, positives, negatives = (learner.embed([side[row] for row in rows]) for side in triples)
        loss = _LOSS(anchors, positives, negatives=negatives)
        return loss + hinge * _HINGE(anchors, positives, negatives=negatives) if hinge else loss

    return step
