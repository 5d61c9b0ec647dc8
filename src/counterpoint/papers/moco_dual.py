"""Momentum contrast both ways, against the hardest of the queue alone."""

from dataclasses import replace

from counterpoint.data import Supervision
from counterpoint.encoders import ConvNet, ProjectionHead
from counterpoint.experiments.claim import Better, Claim, Paper, Setting, Wing, Within
from counterpoint.experiments.experiment import Experiment
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import DataSource
from counterpoint.methods import Momentum, QueueStep
from counterpoint.objectives import InfoNCE
from counterpoint.training import AdamW, TrainSettings
from counterpoint.views import light_images

paper = Paper(
    short="MoCo-Dual",
    title="Momentum Contrastive Learning with Enhanced Negative Sampling and Hard Negative Filtering",
    authors="Hoang, Ngo, Pham, Nguyen, Bao and Phan",
    year=2025,
    identifier="arXiv:2501.16360",
    wing=Wing.PAIRS,
    implements="the loss from query to key and from key to query, and the most similar keys of the queue as negatives",
    deviates="Fashion images and a small residual network in place of CIFAR. Keys have no gradient in either loss, "
    "and a quarter of the queue is kept: neither is clear from the abstract. Nothing is tuned.",
)
claim = Claim(
    statement="Both ways and hard negatives alone learn better features than momentum contrast.",
    checks=(
        Better(measure="knn_accuracy", statement="Both together beat momentum contrast."),
        Better(measure="knn_accuracy", side="both ways", statement="Both ways alone do."),
        Better(measure="knn_accuracy", side="hardest", statement="The hardest negatives alone do."),
        Within(measure="spread", above=0.3, statement="Embeddings do not collapse."),
    ),
    minutes=4,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 300, Setting.FULL: 150_000}
_QUEUE = QueueStep(size=1024, teacher=Momentum(base=0.99))


def method(setting: Setting) -> Experiment:
    """Both."""
    return _with(setting, replace(_QUEUE, reverse=1.0, hardest=256))


def baseline(setting: Setting) -> Experiment:
    """Momentum contrast."""
    return _with(setting, _QUEUE)


def ablations(setting: Setting) -> dict[str, Experiment]:
    """Each by itself."""
    return {
        "both ways": _with(setting, replace(_QUEUE, reverse=1.0)),
        "hardest": _with(setting, replace(_QUEUE, hardest=256)),
    }


def _with(setting: Setting, queue: QueueStep) -> Experiment:
    view = light_images((28, 28))
    recipe = Recipe(
        encoder=ConvNet(width=8),
        head=ProjectionHead(out_dim=64, batch_norm=False),
        objective=InfoNCE(temperature=0.2),
        supervision=Supervision.VIEWS,
        views=(view, view),
        training=TrainSettings(steps=_STEPS[setting], batch_size=64, optimiser=AdamW(learning_rate=1e-3)),
        queue=queue,
    )
    return Experiment(recipe=recipe, data=DataSource(data="set:fashion_mnist_partial"))
