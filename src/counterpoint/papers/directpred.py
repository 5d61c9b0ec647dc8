"""DirectPred: a predictor set from statistics does as well as one that is learnt, and better than a linear one."""

from dataclasses import replace

from counterpoint.data import Supervision
from counterpoint.encoders import ConvNet, DirectPredictor, LinearHead, PredictionHead, ProjectionHead
from counterpoint.experiments.claim import Better, Claim, Paper, Setting, Wing, Within
from counterpoint.experiments.experiment import Experiment
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import DataSource
from counterpoint.methods import Momentum, SiameseStep
from counterpoint.objectives import NegativeCosine
from counterpoint.training import AdamW, TrainSettings
from counterpoint.views import light_images

paper = Paper(
    short="DirectPred",
    title="Understanding self-supervised Learning Dynamics without Contrastive Pairs",
    authors="Tian, Chen and Ganguli",
    year=2021,
    identifier="arXiv:2102.06810",
    wing=Wing.OBJECTIVES,
    implements="DirectPred, Eqs. 18 and 19, with a teacher as in BYOL",
    deviates="8 x 8 digits and a small residual network in place of STL-10, CIFAR-10 and ImageNet; the analysis of the "
    "linear dynamics is not repeated. Nothing is tuned: all sides have the same optimiser and momentum.",
)
claim = Claim(
    statement="A predictor in closed form beats a linear one that is learnt; without a stop-gradient all collapses.",
    checks=(
        Better(measure="knn_accuracy", statement="It beats a linear predictor learnt by gradient."),
        Better(measure="knn_accuracy", than="perceptron", by=-0.02, statement="It is within 2 points of a perceptron."),
        Within(measure="spread", above=0.3, statement="Embeddings do not collapse."),
        Better(
            measure="spread", than="no stop-gradient", statement="They are more spread than without a stop-gradient."
        ),
    ),
    minutes=3,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 300, Setting.FULL: 60_000}


def method(setting: Setting) -> Experiment:
    """The closed form, with a teacher that follows."""
    view = light_images((8, 8))
    recipe = Recipe(
        encoder=ConvNet(width=16),
        head=ProjectionHead(out_dim=32),
        objective=NegativeCosine(),
        supervision=Supervision.VIEWS,
        views=(view, view),
        training=TrainSettings(steps=_STEPS[setting], batch_size=64, optimiser=AdamW(learning_rate=1e-3)),
        siamese=SiameseStep(predictor=DirectPredictor(), teacher=Momentum(base=0.98)),
    )
    return Experiment(recipe=recipe, data=DataSource(data="set:digits"))


def baseline(setting: Setting) -> Experiment:
    """A linear predictor learnt by gradient."""
    return _with(setting, SiameseStep(predictor=LinearHead(out_dim=32), teacher=Momentum(base=0.98)))


def ablations(setting: Setting) -> dict[str, Experiment]:
    """A perceptron that is learnt; and targets with a gradient, which need no teacher."""
    return {
        "perceptron": _with(setting, SiameseStep(predictor=PredictionHead(), teacher=Momentum(base=0.98))),
        "no stop-gradient": _with(setting, SiameseStep(predictor=DirectPredictor(), stop_gradient=False)),
    }


def _with(setting: Setting, step: SiameseStep) -> Experiment:
    experiment = method(setting)
    return replace(experiment, recipe=replace(experiment.recipe, siamese=step))
