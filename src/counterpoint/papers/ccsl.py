"""BYOL with pairs of its own choosing: similar images of a batch are pulled together too, also without batch norms."""

from dataclasses import replace

from counterpoint.data import Supervision
from counterpoint.encoders import ConvNet, PredictionHead, ProjectionHead
from counterpoint.experiments.claim import Better, Claim, Paper, Setting, Wing, Within
from counterpoint.experiments.experiment import Experiment
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import DataSource
from counterpoint.methods import Momentum, SiameseStep
from counterpoint.objectives import CCSL, CSSL, NegativeCosine, WeightedSum
from counterpoint.pairwise import Loss
from counterpoint.training import AdamW, TrainSettings
from counterpoint.views import light_images

paper = Paper(
    short="CCSL",
    title="Self-Labeling Refinement for Robust Representation Learning with Bootstrap Your Own Latent",
    authors="Garg and Jain",
    year=2022,
    identifier="arXiv:2204.04545",
    wing=Wing.OBJECTIVES,
    implements="BYOL plus cross-cosine (CCSL) or cross-sigmoid (CSSL) similarity of all pairs of a batch",
    deviates="Fashion images and a small residual network in place of STL-10. No public code says how both terms are "
    "weighed and how pairs are chosen: the losses are our reading, with weight 0.5. Head and predictor alone are "
    "without batch norms where BYOL is to do without. Nothing is tuned.",
)
claim = Claim(
    statement="Pulling together what the model finds alike improves BYOL, which also learns without batch norms.",
    checks=(
        Better(measure="knn_accuracy", statement="CCSL beats BYOL."),
        Better(measure="knn_accuracy", side="sigmoid", statement="CSSL beats BYOL."),
        Within(
            measure="spread", side="without batch norms", above=0.3, statement="BYOL without batch norms is spread."
        ),
    ),
    minutes=4,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 300, Setting.FULL: 60_000}


def method(setting: Setting) -> Experiment:
    """BYOL and cosines."""
    return _with(setting, WeightedSum(losses=(NegativeCosine(), CCSL()), weights=(1.0, 0.5)))


def baseline(setting: Setting) -> Experiment:
    """BYOL."""
    return _with(setting, NegativeCosine())


def ablations(setting: Setting) -> dict[str, Experiment]:
    """Sigmoids in place of cosines; and BYOL with no batch normalisation in its head and predictor."""
    plain = baseline(setting)
    step = SiameseStep(predictor=PredictionHead(batch_norm=False), teacher=Momentum(base=0.99))
    bare = replace(plain.recipe, head=ProjectionHead(out_dim=32, batch_norm=False), siamese=step)
    return {
        "sigmoid": _with(setting, WeightedSum(losses=(NegativeCosine(), CSSL()), weights=(1.0, 0.5))),
        "without batch norms": replace(plain, recipe=bare),
    }


def _with(setting: Setting, objective: Loss) -> Experiment:
    view = light_images((28, 28))
    recipe = Recipe(
        encoder=ConvNet(width=8),
        head=ProjectionHead(out_dim=32),
        objective=objective,
        supervision=Supervision.VIEWS,
        views=(view, view),
        training=TrainSettings(steps=_STEPS[setting], batch_size=64, optimiser=AdamW(learning_rate=1e-3)),
        siamese=SiameseStep(teacher=Momentum(base=0.99)),
    )
    return Experiment(recipe=recipe, data=DataSource(data="set:fashion_mnist_partial"))
