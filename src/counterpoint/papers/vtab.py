"""VTAB in small: encoders judged by how well they adapt to tasks of three kinds with at most 1000 labels."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from counterpoint.encoders import ConvNet, Encoder, ProjectionHead
from counterpoint.evaluation import Measure, mean_measure, probe_accuracy, rank_correlation, suite_scores
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.experiments.fine_tune import fine_tune
from counterpoint.experiments.small_suite import SIZE, images_of, small_suite
from counterpoint.experiments.view_loop import LabelledImages
from counterpoint.objectives import NTXent
from counterpoint.views import fork, simclr_images

paper = Paper(
    short="VTAB",
    title="A Large-scale Study of Representation Learning with the Visual Task Adaptation Benchmark",
    authors="Zhai, Puigcerver, Kolesnikov, Ruyssen, Riquelme, Lucic, Djolonga, Pinto, Neumann, Dosovitskiy, Beyer, "
    "Bachem, Tschannen, Michalski, Bousquet, Gelly and Houlsby",
    year=2019,
    identifier="arXiv:1910.04867",
    wing=Wing.EVALUATION,
    implements="The mean accuracy over unseen tasks in three groups after adapting with few labels on a fixed budget, "
    "by a linear probe and by fine-tuning",
    deviates="Six tasks of 16 x 16 pixels instead of nineteen; four small residual networks, learnt on CIFAR-10 with "
    "labels, with views (SimCLR instead of rotation and exemplar), with both, and not at all. One learning rate, not "
    "tuned, for all of them.",
)
claim = Claim(
    statement="Adapting to unseen tasks ranks encoders otherwise than a probe on their own data does, and views added "
    "to labels help structured tasks most.",
    checks=(
        Within(measure="agreement", below=0.95, statement="The ranking is not that of a probe on CIFAR-10."),
        Better(measure="all_fine_tuned", side="both", than="labels", statement="Views added to labels help."),
        Better(measure="gain", side="structured", than="natural", statement="More on structured than natural tasks."),
        Better(measure="gain", side="structured", than="specialised", statement="And than on specialised ones."),
    ),
    minutes=3,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 150, Setting.FULL: 100_000}
_LABELS = {Setting.TINY: 60, Setting.SMALL: 600, Setting.FULL: 1000}
_ROWS = {Setting.TINY: 200, Setting.SMALL: 4000, Setting.FULL: 50_000}
_TUNE = {Setting.TINY: 1, Setting.SMALL: 50, Setting.FULL: 2500}
_BATCH, _WIDTH = 64, 8
_ENCODERS = {"labels": (1.0, 0.0), "views": (0.0, 1.0), "both": (1.0, 1.0), "untrained": (0.0, 0.0)}
"""Weights of the two losses."""


def trial(setting: Setting, seed: int) -> Figures:
    """Scores of every encoder by group and protocol, and what views add to labels in each group."""
    images, labels = images_of("cifar10", _ROWS[setting], seed)
    suite, cut = small_suite(_LABELS[setting], seed=seed), len(images) * 4 // 5
    own = LabelledImages(images[:cut], labels[:cut], images[cut:], labels[cut:])
    found: dict[str, dict[str, float]] = {}
    for name, weights in _ENCODERS.items():
        encoder = _learn(own, weights, _STEPS[setting], seed)
        found[name] = {"own_linear": _linear(encoder, own).value}
        for protocol, judge in (("linear", _linear), ("fine_tuned", _tuned(_TUNE[setting], seed))):
            tasks = {
                group: {task: judge(encoder, data) for task, data in ones.items()} for group, ones in suite.items()
            }
            found[name] |= {f"{group}_{protocol}": one.value for group, one in suite_scores(tasks).items()}
    own_ranks, all_ranks = ([found[name][one] for name in _ENCODERS] for one in ("own_linear", "all_fine_tuned"))
    return {
        **found,
        "method": {"agreement": rank_correlation(own_ranks, all_ranks)},
        **{
            group: {"gain": found["both"][f"{group}_fine_tuned"] - found["labels"][f"{group}_fine_tuned"]}
            for group in suite
        },
    }


def _learn(data: LabelledImages, weights: tuple[float, float], steps: int, seed: int) -> Encoder:
    """An encoder from the sum of both losses; without any it stays as it was drawn."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = ConvNet(width=_WIDTH).build(data.train)
        if not any(weights):
            return encoder.eval()
        classifier, head = nn.Linear(encoder.embedding_dim, 10), ProjectionHead(out_dim=32).build(encoder.embedding_dim)
        view, contrast, classes = (
            simclr_images((SIZE, SIZE)),
            NTXent(temperature=0.2),
            torch.from_numpy(data.train_label),
        )

        def step(number: int) -> Tensor:
            rows = torch.randperm(len(data.train))[:_BATCH]
            seeds = torch.arange(_BATCH)[: len(rows)] + number * _BATCH
            first, second = (encoder(encoder.collate(view(data.train[rows], fork(seeds, side)))) for side in (0, 1))
            labelled = cross_entropy(classifier(first), classes[rows]) if weights[0] else first.new_zeros(())
            return weights[0] * labelled + weights[1] * contrast(head(first), head(second))

        learners = nn.ModuleList([encoder, *([classifier] if weights[0] else []), *([head] if weights[1] else [])])
        descend(learners, step, steps=steps, learning_rate=2e-3)
    return encoder


Judge = Callable[[Encoder, LabelledImages], Measure]


def _linear(encoder: Encoder, data: LabelledImages) -> Measure:
    train, test = encoder.encode(data.train), encoder.encode(data.test)
    return probe_accuracy(train, data.train_label, test, data.test_label)


def _tuned(steps: int, seed: int) -> Judge:
    def judge(encoder: Encoder, data: LabelledImages) -> Measure:
        guess = fine_tune(encoder, data.train, data.train_label, steps=steps, seed=seed).predict(data.test)
        return mean_measure("fine_tuned_accuracy", np.asarray(guess == data.test_label))

    return judge
