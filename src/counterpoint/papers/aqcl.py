"""AQCL: a codebook stands in for views of users of whom little is known."""

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.click_model import ClickSettings, QuantisedSettings, click_figures
from counterpoint.experiments.small_recommendation import beauty

paper = Paper(
    short="AQCL",
    title="Click-through Rate Prediction with Auto-Quantized Contrastive Learning",
    authors="Pan, Yao, Han, Jia, Zhang and Yang",
    year=2021,
    identifier="arXiv:2109.13921",
    wing=Wing.RECSYS,
    implements="instance contrast and contrast with a learnt codebook of two augmented inputs, shared out by how "
    "active a user is, beside the loss of clicks; against that loss alone and against instance contrast",
    deviates="The paper's text was not at hand beyond its abstract and summaries: the soft assignment to "
    "codes and the share n / (n + median) of a user with n items are ours, in place of its adaptation of alpha. "
    "In `small`, Amazon Beauty where every user and item has 8 reviews or more, whose last items and as many "
    "that are drawn stand for clicks and none; a small perceptron for all sides. Of the "
    "weights 0.003 and 0.03 the first was better on the validation part, at another seed; there neither beat clicks "
    "alone.",
)
claim = Claim(
    statement="Clicks of users with few items are guessed better, and those of active users no worse.",
    checks=(
        Better(measure="auc/cold", statement="Better for the coldest quarter of users."),
        Better(measure="auc/cold", than="instances", statement="And than with instance contrast alone."),
        Better(measure="auc/active", by=-0.005, statement="No worse for the others."),
    ),
    minutes=2,
)
WEIGHT = 0.003
SIDES = {
    "method": QuantisedSettings(weight=WEIGHT),
    "baseline": None,
    "instances": QuantisedSettings(weight=WEIGHT, adaptive=False),
}
SETTINGS = {
    Setting.TINY: ClickSettings(steps=2, dim=8, batch=16),
    Setting.SMALL: ClickSettings(steps=300),
    Setting.FULL: ClickSettings(steps=20_000),
}


def trial(setting: Setting, seed: int) -> Figures:
    """Every side on the same clicks."""
    data = beauty(setting)
    return {side: click_figures(data, SETTINGS[setting], one, seed=seed) for side, one in SIDES.items()}
