"""Attraction and repulsion contrasted within their own groups, on balanced and on long-tailed classes."""

import numpy as np
import torch

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.source import DataSource
from counterpoint.experiments.view_loop import (
    LabelledImages,
    ViewLoop,
    grouped,
    labelled_images,
    learn_from_views,
    varied_digits,
)
from counterpoint.objectives import CACR, SupCon

paper = Paper(
    short="CACR",
    title="Contrastive Attraction and Contrastive Repulsion for Representation Learning",
    authors="Zheng, Chen, Yao, Yang, Wang, Zhang, Xie, Zhang, Chen, Zhou, Tang",
    year=2023,
    identifier="arXiv:2105.03746",
    wing=Wing.OBJECTIVES,
    implements="The empirical CACR loss with several positives, against InfoNCE with the same views as positives",
    deviates="8 x 8 digits, a small residual network; four views, all of them anchors; kNN. The long tail keeps 0.7^c "
    "of class c in training. Tried at one seed: t- of 0.9 and 3, temperatures 0.1, 0.2 and 0.5 of InfoNCE; taken by "
    "balanced accuracy: 3 and 0.1.",
)
claim = Claim(
    statement="Weighting within each group beats one-vs-many InfoNCE, and by more where classes are imbalanced.",
    checks=(
        Within(measure="difference", below=1e-9, statement="Weights are the two softmaxes of the squared distances."),
        Better(measure="balanced", by=-0.01, statement="Balanced classes: no worse than InfoNCE by one percent."),
        Better(measure="long_tailed", statement="Long-tailed classes: better than InfoNCE."),
        Better(measure="margin", statement="The advantage is larger with long-tailed classes."),
    ),
    minutes=2,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 150, Setting.FULL: 20_000}
_VIEWS = 4
_SIDES = {"method": CACR(repulsion=3.0), "baseline": SupCon(temperature=0.1)}


def trial(setting: Setting, seed: int) -> Figures:
    """Both losses on both sets; the margin is long-tailed minus balanced accuracy."""
    data = labelled_images(DataSource(data="set:digits"))
    loop = ViewLoop(views=(varied_digits(),) * _VIEWS, steps=_STEPS[setting], batch_size=32)
    found: dict[str, dict[str, float]] = {side: {} for side in _SIDES}
    for side, objective in _SIDES.items():
        for name, one in (("balanced", data), ("long_tailed", _long_tailed(data, seed))):
            learnt = learn_from_views(one.train, grouped(objective), loop, seed)
            found[side][name] = learnt.judged(data)["knn_accuracy"]
        found[side]["margin"] = found[side]["long_tailed"] - found[side]["balanced"]
    found["method"]["difference"] = _difference(seed)
    return found


def _long_tailed(data: LabelledImages, seed: int) -> LabelledImages:
    """Class c keeps a share 0.7^c of its rows; neighbours are still sought among all of them."""
    kept = np.random.default_rng(seed).random(len(data.train_label)) < 0.7**data.train_label
    return LabelledImages(data.train[torch.from_numpy(kept)], data.train_label[kept], data.test, data.test_label)


def _difference(seed: int) -> float:
    """From the formula written out for one example of three views among 24 rows."""
    z = torch.nn.functional.normalize(torch.from_numpy(np.random.default_rng(seed).normal(size=(24, 6))), dim=1)
    keys = torch.arange(8).repeat(3)
    total = 0.0
    for i, key in enumerate(keys):
        cost = (z[i] - z).square().sum(1)
        near = cost[keys != key]
        far = cost[(keys == key) & (torch.arange(24) != i)]
        total += float(torch.softmax(far, 0) @ far - torch.softmax(-0.9 * near, 0) @ near)
    return abs(total / 24 - float(CACR()(z, labels=keys)))
