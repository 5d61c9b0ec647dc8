"""The temperature decides how hard negatives are punished: uniformity and tolerance trade off."""

import numpy as np
import torch
from scipy import special

from counterpoint.data import Supervision
from counterpoint.encoders import ConvNet, ProjectionHead
from counterpoint.evaluation import knn_accuracy, uniformity
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.experiment import Experiment, Trained, run_experiment
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import DataSource
from counterpoint.objectives import InfoNCE, NTXent
from counterpoint.training import AdamW, TrainSettings
from counterpoint.views import light_images

paper = Paper(
    short="Behaviour",
    title="Understanding the Behaviour of Contrastive Loss",
    authors="Wang and Liu",
    year=2021,
    identifier="arXiv:2012.09740",
    wing=Wing.OBJECTIVES,
    implements="relative penalties of negatives, and the uniformity-tolerance trade-off over temperatures",
    deviates="8 x 8 digits and a small residual network in place of CIFAR, SVHN and ImageNet; temperatures 0.05, 0.3 "
    "and 2 stand for small, middle and large. The explicit selection of hard negatives is not repeated.",
)
claim = Claim(
    statement="A lower temperature punishes hard negatives more, makes embeddings more uniform and less tolerant.",
    checks=(
        Within(measure="penalty_error", below=1e-6, statement="Gradients by similarities are the relative penalties."),
        Within(measure="entropy_rise", above=0.0, statement="The entropy of penalties rises with the temperature."),
        Better(measure="uniformity", side="small", than="large", lower=True, statement="Small is more uniform."),
        Better(measure="tolerance", side="large", than="small", statement="Large is more tolerant."),
        Better(measure="knn_accuracy", side="middle", than="small", statement="The best lies between: above small."),
        Better(measure="knn_accuracy", side="middle", than="large", statement="The best lies between: above large."),
    ),
    minutes=3,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 250, Setting.FULL: 60_000}
_TEMPERATURES = {"small": 0.05, "middle": 0.3, "large": 2.0}


def trial(setting: Setting, seed: int) -> Figures:
    """The same encoder at three temperatures."""
    found = {name: _measured(run_experiment(_experiment(t, setting, seed))) for name, t in _TEMPERATURES.items()}
    return {**found, "method": _penalties(seed)}


def _experiment(temperature: float, setting: Setting, seed: int) -> Experiment:
    view = light_images((8, 8))
    recipe = Recipe(
        encoder=ConvNet(width=16),
        head=ProjectionHead(out_dim=32),
        objective=NTXent(temperature=temperature),
        supervision=Supervision.VIEWS,
        views=(view, view),
        training=TrainSettings(steps=_STEPS[setting], batch_size=128, optimiser=AdamW(learning_rate=1e-3)),
    )
    return Experiment(recipe=recipe, data=DataSource(data="set:digits")).seeded(seed)


def _measured(trained: Trained) -> dict[str, float]:
    """Of held-out embeddings: uniformity, mean similarity within classes, and accuracy."""
    assert trained.train.label is not None
    assert trained.test.label is not None
    z, y = trained.system.encode(trained.test.anchor), trained.test.label.numpy()
    known = trained.system.encode(trained.train.anchor), trained.train.label.numpy()
    unit = z / np.linalg.norm(z, axis=1, keepdims=True)
    same = (y[:, None] == y) & ~np.eye(len(y), dtype=bool)
    return {
        "uniformity": uniformity(z).value,
        "tolerance": float((unit @ unit.T)[same].mean()),
        "knn_accuracy": knn_accuracy(*known, z, y).value,
    }


def _penalties(seed: int) -> dict[str, float]:
    """Gradients by the similarities of one anchor, over that of its positive, against the softmax over negatives."""
    rng = torch.Generator().manual_seed(seed)
    anchor, others = torch.randn(1, 8, generator=rng, dtype=torch.float64), torch.eye(8, dtype=torch.float64)
    errors, entropies = [], []
    for temperature in (0.05, 0.1, 0.3, 1.0, 3.0):
        scores = torch.nn.functional.normalize(anchor).requires_grad_()
        InfoNCE(temperature=temperature)(scores, others[:1], negatives=others[1:]).backward()
        assert scores.grad is not None
        # The cosine of a unit row with an axis is its entry; what the normalisation takes off is along the row.
        pull, s = scores.grad[0].numpy(), scores.detach()[0].numpy()
        p = special.softmax(s / temperature)
        expected = (p - np.eye(8)[0]) / temperature
        errors.append(np.abs(pull - (expected - (expected @ s) * s)).max())
        push = special.softmax(s[1:] / temperature)
        entropies.append(special.entr(push).sum())
    return {"penalty_error": float(max(errors)), "entropy_rise": float(np.diff(entropies).min())}
