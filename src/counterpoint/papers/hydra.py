"""Hydra: images of any two classes are positives in a subspace that a gate opens for both."""

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.encoders import LearnableGate
from counterpoint.evaluation import effective_rank, knn_accuracy
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import descend
from counterpoint.experiments.small_digits import digits
from counterpoint.objectives import InfoNCE, NTXent
from counterpoint.pairs import class_pair_keys, gated_pairs

paper = Paper(
    short="Hydra",
    title="Rethinking Positive Pairs in Contrastive Learning",
    authors="Wu, Zhang, Fu and others",
    year=2024,
    identifier="arXiv:2410.18200",
    wing=Wing.PAIRS,
    implements="InfoNCE of pairs of images of any two classes, through a learnt gate for these classes (SimLAP)",
    deviates="Digits and a perceptron. Every pair of a batch has a gate of its own; pairs of the same two classes "
    "are positives too. Gates are not regularised, which was unclear. Without gates the same pairs are compared as "
    "they are. SimCLR learns from two views without labels, which the others have. Planted superclasses are left out: "
    "digits have none. Nothing is tuned.",
)
claim = Claim(
    statement="Any two classes can be positives through gates, which keep features rich; without gates they cannot.",
    checks=(
        Better(measure="knn_accuracy", statement="Better than the same pairs without gates."),
        Better(measure="effective_rank", statement="Embeddings are richer than without gates."),
        Better(measure="effective_rank", than="simclr", statement="And richer than SimCLR's."),
    ),
    minutes=0.5,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 400, Setting.FULL: 100_000}
_BATCH, _DIM, _CLASSES = 128, 32, 10


def trial(setting: Setting, seed: int) -> Figures:
    """The same encoder for as many steps on pairs of any classes, with gates and without, and on views."""
    return {side: _learnt(side, _STEPS[setting], seed) for side in ("method", "baseline", "simclr")}


def _learnt(side: str, steps: int, seed: int) -> dict[str, float]:
    train, draw = digits("train"), torch.Generator().manual_seed(seed)
    labels = torch.from_numpy(train.labels)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = nn.Sequential(nn.Linear(64, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, _DIM))
        gate = LearnableGate().build(classes=_CLASSES, dim=_DIM)

    def views(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Embeddings of one view each; both in one call, so that statistics of the batch tell nothing."""
        seen = torch.randperm(len(train.views), generator=draw)[:2]
        both = encoder(torch.cat([train.views[seen[0], first], train.views[seen[1], second]]))
        return both[: len(first)], both[len(first) :]

    def step(_: int) -> Tensor:
        order = torch.randperm(len(labels), generator=draw)
        first, second = order[:_BATCH], order[_BATCH : 2 * _BATCH]
        if side == "simclr":
            return NTXent(temperature=0.2)(*views(first, first))
        z, other = views(first, second)
        classes = labels[first], labels[second]
        gates = gate(*classes) if side == "method" else torch.ones(_DIM)
        keys = class_pair_keys(*classes, classes=_CLASSES)
        return gated_pairs(z, other, gates, keys).under(InfoNCE(temperature=0.2))

    descend(nn.ModuleList([encoder, gate]), step, steps=steps, learning_rate=3e-3)
    return _judged(encoder)


def _judged(encoder: nn.Module) -> dict[str, float]:
    with torch.no_grad():
        z, z_test = (encoder(digits(part).rows).numpy() for part in ("train", "test"))
    accuracy = knn_accuracy(z, digits("train").labels, z_test, digits("test").labels)
    return {"knn_accuracy": accuracy.value, "effective_rank": effective_rank(np.asarray(z_test)).value}
