"""Three views and two targets in place of two and one, at a small batch."""

from dataclasses import replace

from counterpoint.data import Supervision
from counterpoint.encoders import ConvNet, ProjectionHead
from counterpoint.experiments.claim import Better, Claim, Paper, Setting, Wing
from counterpoint.experiments.experiment import Experiment
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import DataSource
from counterpoint.experiments.view_loop import varied_digits
from counterpoint.methods import Momentum, SiameseStep
from counterpoint.objectives import NegativeCosine, NTXent
from counterpoint.training import AdamW, TrainSettings

paper = Paper(
    short="TriBYOL",
    title="TriBYOL: Triplet BYOL for Self-Supervised Representation Learning",
    authors="Li, Togo, Ogawa and Haseyama",
    year=2022,
    identifier="arXiv:2206.03012",
    wing=Wing.OBJECTIVES,
    implements="Three views, each of which predicts the momentum targets of the others",
    deviates="8 x 8 digits, a small residual network, batches of 32, momentum 0.99; the two target branches are one "
    "average, as both follow one student. NT-Xent at 0.1 stands for SimCLR. Nothing was tuned.",
)
claim = Claim(
    statement="At a small batch, three views learn better features than two: BYOL's, SimSiam's and SimCLR's.",
    checks=(
        Better(measure="probe_accuracy", statement="Better than BYOL after as many steps."),
        Better(measure="probe_accuracy", than="byol_equal_passes", statement="Better than BYOL after as many passes."),
        Better(measure="probe_accuracy", than="simsiam", statement="Better than SimSiam after as many steps."),
        Better(measure="probe_accuracy", than="simclr", statement="Better than SimCLR after as many steps."),
    ),
    minutes=2,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 150, Setting.FULL: 20_000}


def method(setting: Setting) -> Experiment:
    """Three views."""
    return _siamese(setting, SiameseStep(teacher=Momentum(base=0.99), views=3))


def baseline(setting: Setting) -> Experiment:
    """BYOL."""
    return _siamese(setting, SiameseStep(teacher=Momentum(base=0.99)))


def ablations(setting: Setting) -> dict[str, Experiment]:
    """BYOL with half as many examples again a step, which makes as many passes; SimSiam; SimCLR."""
    two = baseline(setting)
    larger = replace(two.recipe.training, batch_size=48)
    contrast = replace(two.recipe, siamese=None, objective=NTXent(temperature=0.1))
    return {
        "byol_equal_passes": replace(two, recipe=replace(two.recipe, training=larger)),
        "simsiam": _siamese(setting, SiameseStep()),
        "simclr": replace(two, recipe=contrast),
    }


def _siamese(setting: Setting, step: SiameseStep) -> Experiment:
    recipe = Recipe(
        encoder=ConvNet(width=16),
        head=ProjectionHead(out_dim=64),
        objective=NegativeCosine(),
        supervision=Supervision.VIEWS,
        views=(varied_digits(), varied_digits()),
        siamese=step,
        training=TrainSettings(steps=_STEPS[setting], batch_size=32, optimiser=AdamW(learning_rate=3e-3)),
    )
    return Experiment(recipe=recipe, data=DataSource(data="set:digits"))
