"""Decoupled contrastive learning: small batches lose less without the positive in the denominator."""

from dataclasses import replace

from counterpoint.data import Supervision
from counterpoint.encoders import ConvNet, ProjectionHead
from counterpoint.experiments.claim import Better, Claim, Paper, Setting, Wing
from counterpoint.experiments.experiment import Experiment
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import DataSource
from counterpoint.objectives import DCL, NTXent
from counterpoint.training import AdamW, TrainSettings
from counterpoint.views import light_images

paper = Paper(
    short="DCL",
    title="Decoupled Contrastive Learning",
    authors="Yeh, Hong, Hsu, Liu, Chen and LeCun",
    year=2022,
    identifier="arXiv:2110.06848",
    wing=Wing.OBJECTIVES,
    implements="Eq. 6, against the NT-Xent loss it changes",
    deviates="8 x 8 digits, a small residual network and light views instead of ImageNet and SimCLR's.",
)
claim = Claim(
    statement="With small batches, the decoupled loss learns better features than NT-Xent.",
    checks=(Better(measure="knn_accuracy"),),
    minutes=2,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 600, Setting.FULL: 20_000}


def method(setting: Setting) -> Experiment:
    """DCL with batches of 32."""
    view = light_images((8, 8))
    recipe = Recipe(
        encoder=ConvNet(width=16),
        head=ProjectionHead(out_dim=64),
        objective=DCL(temperature=0.1),
        supervision=Supervision.VIEWS,
        views=(view, view),
        training=TrainSettings(steps=_STEPS[setting], batch_size=32, optimiser=AdamW(learning_rate=1e-3)),
    )
    return Experiment(recipe=recipe, data=DataSource(data="set:digits"))


def baseline(setting: Setting) -> Experiment:
    """The same with the positive in the denominator."""
    experiment = method(setting)
    return replace(experiment, recipe=replace(experiment.recipe, objective=NTXent(temperature=0.1)))
