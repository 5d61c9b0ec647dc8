"""Group ordering: a differentiable sorting network puts all positives before the nearest negatives."""

import torch

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.source import DataSource
from counterpoint.experiments.view_loop import ViewLoop, grouped, labelled_images, learn_from_views, varied_digits
from counterpoint.objectives import GroCo, SupCon
from counterpoint.pairwise import Explicit

paper = Paper(
    short="GroCo",
    title="Learning by Sorting: Self-supervised Learning with Group Ordering Constraints",
    authors="Shvetsova, Petersen, Kukleva, Schiele and Kuehne",
    year=2023,
    identifier="arXiv:2301.02009",
    wing=Wing.OBJECTIVES,
    implements="The group ordering loss (Section 3), against InfoNCE with the same views as positives",
    deviates="8 x 8 digits and a small residual network, batches of 32 examples, four views of which every one is an "
    "anchor. Steepness 10 of cosines, InfoNCE at 0.1; nothing was tuned.",
)
claim = Claim(
    statement="The loss vanishes where positives come first, in any order, and trains better neighbours than InfoNCE.",
    checks=(
        Within(measure="ordered", below=0.01, statement="Steep network, positives nearest: the loss is almost 0."),
        Within(measure="shuffled_group", below=1e-9, statement="The order of the positives among themselves is free."),
        Within(measure="one_wrong", above=1.0, statement="One negative before a positive costs more than 1."),
        Better(measure="knn_accuracy", statement="Higher kNN accuracy than InfoNCE."),
    ),
    minutes=2,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 120, Setting.FULL: 20_000}


def trial(setting: Setting, seed: int) -> Figures:
    """Both losses from the same weights, and the loss of known orders."""
    data = labelled_images(DataSource(data="set:digits"))
    loop = ViewLoop(views=(varied_digits(),) * 4, steps=_STEPS[setting], batch_size=32)
    sides = {"method": GroCo(steepness=10.0), "baseline": SupCon(temperature=0.1)}
    found = {
        side: learn_from_views(data.train, grouped(objective), loop, seed).judged(data)
        for side, objective in sides.items()
    }
    found["method"] |= _orders(seed)
    return found


def _orders(seed: int) -> dict[str, float]:
    """One anchor, three positives and seven negatives at cosines of our choosing."""
    draw = torch.Generator().manual_seed(seed)
    near = 0.5 + 0.4 * torch.rand(3, dtype=torch.float64, generator=draw)
    far = -0.9 + 0.4 * torch.rand(7, dtype=torch.float64, generator=draw)
    wrong = torch.cat([near[:1], -0.95 * torch.ones(1, dtype=torch.float64), near[2:], far])
    ordered = _loss(torch.cat([near, far]))
    return {
        "ordered": ordered,
        "shuffled_group": abs(_loss(torch.cat([near.flip(0), far])) - ordered),
        "one_wrong": _loss(wrong),
    }


def _loss(cosines: torch.Tensor) -> float:
    """Of candidates in the plane at these cosines to the anchor, the first three positive."""
    candidates = torch.stack([cosines, (1 - cosines.square()).sqrt()], dim=1)
    positive = (torch.arange(len(cosines)) < 3)[None]
    anchor = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    return float(GroCo(steepness=1e4)(anchor, candidates, relation=Explicit(positive, ~positive)))
