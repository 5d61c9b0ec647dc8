"""MCLRec: views of data and views of the model, whose makers learn in a step of their own."""

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
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
    deviates="In `small`, Amazon Beauty where every user and item has 8 reviews or more, the last 12 items of "
    "each user, one block of 32 and 400 steps for all sides, without early stopping; the next item is learnt at "
    "every place, among all. The step of the augmenters is of first order, as in the public code. All "
    "contrasts weigh 0.01, the public code's weight of learnt views; nothing is tuned.",
)
claim = Claim(
    statement="Learnt views beside views of data find the next item more often, and the regulariser keeps them apart.",
    checks=(
        Better(measure="recall@10", statement="More hits than SASRec."),
        Better(measure="recall@10", than="data views", statement="More hits than CL4SRec."),
        Better(measure="ndcg@10", than="data views", statement="And in a better order."),
        Better(measure="alike", than="without regulariser", lower=True, statement="The learnt views are less alike."),
    ),
    minutes=4,
)

SIDES: dict[str, SequenceContrast | None] = {
    "method": MetaAugmentation(weight=0.01, meta_weight=0.01),
    "baseline": None,
    "data views": DataAugmentation(weight=0.01),
    "without regulariser": MetaAugmentation(weight=0.01, meta_weight=0.01, regular=0.0),
}
SETTINGS = {
    Setting.TINY: SequenceSettings(steps=2, dim=16, layers=1, batch=16),
    Setting.SMALL: SequenceSettings(steps=400, dim=32, layers=1, batch=64, longest=12, learning_rate=5e-3),
    Setting.FULL: SequenceSettings(steps=50_000, longest=50, batch=256),
}


def trial(setting: Setting, seed: int) -> Figures:
    """Every side on the same sequences."""
    data, figures = beauty(setting), {}
    for side, contrast in SIDES.items():
        learner = SequenceLearner(data, SETTINGS[setting], seed=seed, contrast=contrast)
        learner.learn()
        figures[side] = ranking(learner.vectors(data.known), data.known, data.test, groups=())
        if learner.augmenters is not None:
            figures[side]["alike"] = learner.alike()
    return figures
