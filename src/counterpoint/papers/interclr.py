"""InterCLR: images attract others of their cluster, found online, from a memory of all images."""

from dataclasses import replace

import numpy as np
import torch
from sklearn.metrics import normalized_mutual_info_score
from torch import Tensor

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.source import DataSource
from counterpoint.experiments.view_loop import LabelledImages, ViewLoop, labelled_images, learn_from_views
from counterpoint.methods import ClusterStep, Reclustering, ToMembers
from counterpoint.objectives import AdditiveMargin, NTXent

paper = Paper(
    short="InterCLR",
    title="Delving into Inter-Image Invariance for Unsupervised Visual Representations",
    authors="Xie, Zhan, Liu, Ong and Loy",
    year=2022,
    identifier="arXiv:2008.11702",
    wing=Wing.PAIRS,
    implements="one positive of the same pseudo-label from a memory whose clusters are updated online, negatives drawn "
    "from the most similar ones, a cosine margin of -0.5, weighted 0.25 beside the contrast of views (Section 3)",
    deviates="8 x 8 digits and a small residual network; views are contrasted by NT-Xent in batches of 64, not against "
    "a queue. 30 clusters, found at first after 40 steps, 64 negatives from a pool of 256. Offline labels come from "
    "clustering all again after every 40 steps. The strict margin is 0.5. Temperatures are 0.2; nothing is tuned.",
)
claim = Claim(
    statement="Positives among other images help contrast of views: online labels, semi-hard negatives, slack margin.",
    checks=(
        Better(measure="knn_accuracy", statement="Better than views alone."),
        Better(measure="knn_accuracy", than="offline", statement="Online labels beat offline ones."),
        Better(measure="knn_accuracy", than="hardest", statement="Semi-hard negatives beat the hardest."),
        Better(measure="knn_accuracy", than="random", statement="And random ones."),
        Better(measure="knn_accuracy", than="strict", statement="A slack margin beats a strict one."),
        Better(
            measure="false_negatives",
            than="hardest",
            lower=True,
            statement="Fewer semi-hard negatives are of the anchor's true class than hardest ones.",
        ),
    ),
    minutes=2,
)

_STEPS = {Setting.TINY: 3, Setting.SMALL: 160, Setting.FULL: 250_000}
_TEMPERATURE, _DIM, _DRAWN, _POOL = 0.2, 64, 64, 256


def trial(setting: Setting, seed: int) -> Figures:
    """The same encoder on the same batches with one thing changed at a time."""
    data = labelled_images(DataSource(data="set:digits"))
    start = 2 if setting is Setting.TINY else 40
    slack = AdditiveMargin(temperature=_TEMPERATURE, margin=-0.5)
    target = ToMembers(objective=slack, negatives=_DRAWN, pool=_POOL)
    online = ClusterStep(clusters=30, target=target, start=start, recentre=10, smallest=3, seed=seed)
    sides = {
        "method": online,
        "offline": replace(online, recentre=None, every=start),
        "hardest": replace(online, target=replace(target, pool=_DRAWN)),
        "random": replace(online, target=replace(target, pool=None)),
        "strict": replace(online, target=replace(target, objective=replace(slack, margin=0.5))),
        "baseline": None,
    }
    return {side: _learnt(data, step, setting, seed) for side, step in sides.items()}


class _InterImage:
    """The loss of views and of clusters, where there are some; its state moves on with every call."""

    def __init__(self, step: ClusterStep | None, images: int) -> None:
        self.clustering = None if step is None else Reclustering(step, size=images, dim=_DIM)

    def __call__(self, views: list[Tensor], rows: Tensor) -> Tensor:
        loss = NTXent(temperature=_TEMPERATURE)(views[0], views[1])
        if self.clustering is None:
            return loss
        mixed = self.clustering.mixed(loss, views[0], rows)
        self.clustering.keep(rows, views[1].detach())
        self.clustering.advance()
        return mixed


def _learnt(data: LabelledImages, step: ClusterStep | None, setting: Setting, seed: int) -> dict[str, float]:
    loss = _InterImage(step, len(data.train))
    figures = learn_from_views(data.train, loss, ViewLoop(steps=_STEPS[setting], batch_size=64), seed).judged(data)
    if step is None or loss.clustering is None:
        return figures
    return figures | _pseudo(loss.clustering, step, data.train_label)


def _pseudo(clustering: Reclustering, step: ClusterStep, labels: np.ndarray) -> dict[str, float]:
    """How pseudo-labels agree with classes, and how many of the negatives to draw from are of the anchor's class."""
    assert isinstance(step.target, ToMembers)
    bank, true = clustering.bank, torch.from_numpy(labels)
    known = bank.members >= 0
    members, true, rows = bank.members[known], true[known], bank.rows[known]
    others = members[:, None] != members
    similar = torch.where(others, rows @ rows.T, -torch.inf)
    # Clusters differ in size: a pool may be larger than what is left of others.
    count = min(step.target.pool or len(rows), int(others.sum(1).min()))
    negatives = similar.topk(count, dim=1).indices
    return {
        "false_negatives": float((true[negatives] == true[:, None]).float().mean()),
        "pseudo_label_nmi": float(normalized_mutual_info_score(true.numpy(), members.numpy())),
    }
