"""MCLRec: views of data and views of the model, whose makers learn in a step of their own."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from counterpoint.data.interactions import Split
from counterpoint.data.planted_sessions import Shop, planted_sessions
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.made_part import with_made
from counterpoint.experiments.next_item import SequenceLearner, SequenceSettings
from counterpoint.experiments.recommend import ranking
from counterpoint.experiments.small_recommendation import beauty
from counterpoint.methods.sequence_contrast import DataAugmentation, MetaAugmentation, SequenceContrast

paper = Paper(
    short="MCLRec",
    title="Meta-optimized Contrastive Learning for Sequential Recommendation",
    authors="Qin, Yuan, Zhao, Liu, Fang, Cui and Zhu",
    year=2023,
    identifier="arXiv:2304.07763",
    wing=Wing.RECSYS,
    implements="the contrast of data and model views, its regulariser and the two alternating steps, as in the public "
    "code; against CL4SRec (the contrast of data views alone) and SASRec (none)",
    deviates="The next item is learnt at every place, among all; one block of 32, for all sides as many steps, "
    "without early stopping. The step of the augmenters is of first order, as in the public code, and the encoder "
    "takes one step beside each of theirs, not two; both have one rate. Made data are 500 sessions of 5 to 10 of 300 "
    "items that keep to a brand, and less to some tags and an order of subcategories: few and noisy sequences with an "
    "intent that outlasts changes. All learn for 200 steps there; at other seeds that was best of 100, 200, 300, 400 "
    "and 800 for SASRec, weights of 0.1 best of 0.01, 0.1 and 0.3 for views of data, and 0.1 with 0.01 best of four "
    "pairs for both. Measures are means over three such sets. In `small` also Amazon Beauty where every user and item "
    "has 8 reviews or more, the last 12 items of each user and 400 steps; all contrasts weigh 0.01 there, the default "
    "of the public code, whose scripts have others for each set, and nothing is tuned.",
)
_MADE, _REAL = "made data", "Amazon Beauty"
claim = Claim(
    statement="Learnt views beside views of data find the next item more often, and the regulariser keeps them apart.",
    checks=(
        Better(measure="made/recall@10", statement="More hits than SASRec.", on=_MADE),
        Better(measure="made/recall@10", than="data views", statement="More hits than CL4SRec.", on=_MADE),
        Better(
            measure="made/alike",
            than="without regulariser",
            lower=True,
            statement="The learnt views are less alike.",
            on=_MADE,
        ),
        Better(measure="recall@10", statement="More hits than SASRec.", on=_REAL),
        Better(measure="recall@10", than="data views", statement="More hits than CL4SRec.", on=_REAL),
        Better(measure="ndcg@10", than="data views", statement="And in a better order.", on=_REAL),
        Better(
            measure="alike",
            than="without regulariser",
            lower=True,
            statement="The learnt views are less alike.",
            on=_REAL,
        ),
    ),
    minutes=20,
    seeds=10,
)

SIDES: dict[str, SequenceContrast | None] = {
    "method": MetaAugmentation(weight=0.01, meta_weight=0.01),
    "baseline": None,
    "data views": DataAugmentation(weight=0.01),
    "without regulariser": MetaAugmentation(weight=0.01, meta_weight=0.01, regular=0.0),
}
MADE_SIDES: dict[str, SequenceContrast | None] = {
    "method": MetaAugmentation(weight=0.1, meta_weight=0.01),
    "baseline": None,
    "data views": DataAugmentation(weight=0.1),
    "without regulariser": MetaAugmentation(weight=0.1, meta_weight=0.01, regular=0.0),
}
SETTINGS = {
    Setting.TINY: SequenceSettings(steps=2, dim=16, layers=1, batch=16),
    Setting.SMALL: SequenceSettings(steps=400, dim=32, layers=1, batch=64, longest=12, learning_rate=5e-3),
    Setting.FULL: SequenceSettings(steps=50_000, longest=50, batch=256),
}
MADE_SETTINGS = {**SETTINGS, Setting.SMALL: replace(SETTINGS[Setting.SMALL], steps=200)}
MADE_SIZES = {Setting.TINY: (60, 80, 1), Setting.SMALL: (500, 300, 3), Setting.FULL: (50_000, 20_000, 1)}
"""Sessions, items, and how many such sets."""


def trial(setting: Setting, seed: int) -> Figures:
    """Every side on the same sequences; measures of made ones begin with ``made/``."""
    real = compared(beauty(setting), SIDES, SETTINGS[setting], seed=seed)
    return with_made(real, compared_on_sessions(setting, seed))


def compared(
    data: Split, sides: Mapping[str, SequenceContrast | None], settings: SequenceSettings, *, seed: int
) -> dict[str, dict[str, float]]:
    """Recall and nDCG of every side, and ``alike`` of those with learnt views, their mean cosine."""
    figures: dict[str, dict[str, float]] = {}
    for side, contrast in sides.items():
        learner = SequenceLearner(data, settings, seed=seed, contrast=contrast)
        learner.learn()
        figures[side] = ranking(learner.vectors(data.known), data.known, data.test, groups=())
        if learner.augmenters is not None:
            figures[side]["alike"] = learner.alike()
    return figures


def compared_on_sessions(setting: Setting, seed: int) -> dict[str, dict[str, float]]:
    """What :func:`compared` finds on made sessions, means over some sets."""
    sessions, items, sets = MADE_SIZES[setting]
    found: list[dict[str, dict[str, float]]] = []
    for draw in range(sets):
        shop = Shop(follow=2.0, brand=4.0)
        own = seed + 1000 * draw
        data = planted_sessions(sessions=sessions, items=items, shop=shop, seed=own).split
        found.append(compared(data, MADE_SIDES, MADE_SETTINGS[setting], seed=own))
    return {
        side: {name: float(np.mean([one[side][name] for one in found])) for name in found[0][side]}
        for side in MADE_SIDES
    }
