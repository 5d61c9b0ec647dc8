"""INLP: a protected attribute is taken out of embeddings, one linear classifier after another."""

from collections.abc import Sequence

import numpy as np
import torch
from sklearn.svm import SVC, LinearSVC
from torch import Tensor

from counterpoint.encoders import Encoder
from counterpoint.encoders.nullspace import NullspaceProjection
from counterpoint.evaluation import fit_classifier, probe_accuracy
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.few_texts import LabelledTexts, few_texts, few_texts_start

paper = Paper(
    short="INLP",
    title="Null It Out: Guarding Protected Attributes by Iterative Nullspace Projection",
    authors="Ravfogel, Elazar, Gonen, Twiton and Goldberg",
    year=2020,
    identifier="arXiv:2004.07667",
    wing=Wing.ROBUSTNESS,
    implements="Algorithm 1: linear classifiers of the attribute on what is left, each projected out, until the last "
    "is at majority level on rows held out; and the root mean square over classes of the gap of true-positive rates",
    deviates="TREC's questions of five classes, embedded by MiniLM's first layer, in place of occupations in "
    "biographies. The attribute is planted: a man or a woman (one of eight words) asks the question. Classifiers of "
    "the attribute learn from questions where it goes with no class, so that it cannot be read off the class; the task "
    "is learnt from others, where nine tenths of a class have the same attribute, and, to see what the projection "
    "costs, from the first as well. Every test question is asked by both. A support vector machine with a radial "
    "kernel is the probe that is not linear. Nothing was tuned.",
)
claim = Claim(
    statement="Afterwards linear probes read the attribute at the majority rate, the task is nearly as accurate, and "
    "its true-positive rates differ less between groups.",
    checks=(
        Better(measure="attribute", side="baseline", than="majority", by=0.2, statement="A probe reads it before."),
        Better(
            measure="attribute", than="majority", lower=True, by=-0.05, statement="Afterwards, within 0.05 of majority."
        ),
        Better(measure="task", by=-0.05, statement="Accuracy of the task drops by less than 0.05."),
        Better(
            measure="task_even", by=-0.05, statement="So it does where the attribute went with no class in learning."
        ),
        Better(measure="gap", lower=True, statement="The gap of true-positive rates is smaller."),
    ),
    minutes=3,
    seeds=10,
)

_SIZES = {Setting.TINY: (20, 30, 2), Setting.SMALL: (400, 500, 60), Setting.FULL: (400, 500, 300)}
"""Texts of a class for either purpose, test texts and most rounds."""
_CLASSES = ("DESC", "ENTY", "HUM", "LOC", "NUM")
_PEOPLE = (
    ("man", "father", "brother", "son", "uncle", "husband", "boy", "grandfather"),
    ("woman", "mother", "sister", "daughter", "aunt", "wife", "girl", "grandmother"),
)
_BIAS, _HELD_OUT, _SLACK, _STRENGTH = 0.9, 0.25, 0.02, 0.1


def trial(setting: Setting, seed: int) -> Figures:
    """Probes of the attribute and of the task, before and after the projection."""
    shots, tests, rounds = _SIZES[setting]
    data = few_texts("trec_qc", shots=shots, tests=tests, seed=seed, classes=_CLASSES)
    encoder, rng = few_texts_start(setting), np.random.default_rng(seed)
    group = rng.integers(2, size=len(data.train))
    guarded = asked(encoder, data.train, group, rng)
    with_class = rng.random(len(data.validation)) < _BIAS
    task = asked(encoder, data.validation, (data.validation.labels.numpy() + with_class) % 2, rng)
    test_group = np.repeat([0, 1], len(data.test))
    test = np.concatenate([asked(encoder, data.test, one, rng) for one in np.split(test_group, 2)])
    removed, done = remove_attribute(guarded, group, rounds=rounds, seed=seed)
    figures = {"majority": {"attribute": 0.5}}
    for side, projection in (("baseline", NullspaceProjection(guarded.shape[1])), ("method", removed)):
        known, learnt, new = (projection(torch.from_numpy(rows)).numpy() for rows in (guarded, task, test))
        kernel = SVC().fit(known, group)
        figures[side] = {
            "attribute": probe_accuracy(known, group, new, test_group).value,
            "attribute_by_kernel": float(np.mean(kernel.predict(new) == test_group)),
            "task_even": _task(known, data.train.labels, new, data.test.labels)["task"],
            **_task(learnt, data.validation.labels, new, data.test.labels),
        }
    figures["method"]["rounds"] = float(done)
    return figures


def remove_attribute(
    rows_ND: np.ndarray, attribute_N: np.ndarray, *, rounds: int, seed: int
) -> tuple[NullspaceProjection, int]:
    """Iterative nullspace projection, and after how many rounds it stopped.

    A round fits linear classifiers W `[K, D]` of the attribute to ``P x``, and takes their rows to what has been
    removed: P becomes the orthogonal projection onto the intersection of the nullspaces of all W so far, which for one
    of them is ``I - W^+ W``. It ends when a classifier is right at most 0.02 more often than the majority, on a
    quarter of the rows that no classifier learns from, or after so many rounds.

    Args:
        rows_ND: Embeddings.
        attribute_N: Classes of the attribute, two or more.
        rounds: At most.
        seed: Decides which rows are held out.
    """
    held = np.random.default_rng(seed).permutation(len(rows_ND)) < _HELD_OUT * len(rows_ND)
    majority = np.unique(attribute_N[held], return_counts=True)[1].max() / held.sum()
    projection = NullspaceProjection(rows_ND.shape[1])
    for done in range(rounds):
        left = projection(torch.from_numpy(rows_ND)).numpy()
        found = LinearSVC(C=_STRENGTH, dual="auto", random_state=seed).fit(left[~held], attribute_N[~held])
        if found.score(left[held], attribute_N[held]) <= majority + _SLACK:
            return projection, done
        projection.remove(torch.from_numpy(np.asarray(found.coef_, dtype=np.float32)))
    return projection, rounds


def asked(encoder: Encoder, data: LabelledTexts, group_N: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Embeddings `[N, D]` of questions that somebody of a group, 0 or 1, asks."""
    people = [_PEOPLE[group][rng.integers(len(_PEOPLE[group]))] for group in group_N]
    texts = [f"the {person} asks: {text}" for person, text in zip(people, data.texts, strict=True)]
    return encoder.encode(texts, batch_size=64)


def true_positive_gap(rates: Sequence[np.ndarray]) -> float:
    """``sqrt(mean_c (TPR_1c - TPR_0c)^2)``, of true-positive rates by class `[C]` of either group."""
    return float(np.sqrt(np.mean(np.square(rates[1] - rates[0]))))


def _task(train: np.ndarray, train_labels: Tensor, test: np.ndarray, labels: Tensor) -> dict[str, float]:
    """Accuracy of a linear probe on all test rows, which are those of one group and then of the other, and its gap."""
    found = fit_classifier(train, train_labels.numpy()).predict(test).reshape(2, -1)
    right = found == labels.numpy()
    rates = [np.array([one[labels.numpy() == label].mean() for label in labels.unique()]) for one in right]
    return {"task": float(right.mean()), "gap": true_positive_gap(rates)}
