"""G-SimCLR: batches without two images of a pseudo-class hold fewer false negatives."""

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.data import named
from counterpoint.evaluation import knn_accuracy
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.experiments.metric_learning import class_images
from counterpoint.experiments.small_contrast import SmallContrast, learn_contrast
from counterpoint.objectives import NTXent
from counterpoint.pairs import kmeans
from counterpoint.pairs.batches import BatchPlan, ClassDisjoint, KnownRows, Shuffled, false_negative_rate
from counterpoint.views import light_images

paper = Paper(
    short="G-SimCLR",
    title="G-SimCLR : Self-Supervised Contrastive Learning with Guided Projection via Pseudo Labelling",
    authors="Chakraborty, Gosthipaty and Paul",
    year=2020,
    identifier="arXiv:2009.12007",
    wing=Wing.PAIRS,
    implements="denoising autoencoder, k-means of its codes, batches without two of a cluster, NT-Xent (Section 3)",
    deviates="8 x 8 digits, a perceptron as autoencoder and a small residual network. 64 pseudo-classes for batches of "
    "32; one temperature and learning rate for both.",
)
claim = Claim(
    statement="Batches free of a repeated pseudo-class hold fewer true false negatives and learn better features.",
    checks=(
        Within(measure="repeats", below=0.5, statement="No pseudo-class is twice in a batch."),
        Better(measure="false_negatives", lower=True, statement="Fewer pairs of a batch are of one true class."),
        Better(measure="knn_accuracy"),
    ),
    minutes=0.5,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 150, Setting.FULL: 20_000}
_BATCH, _PSEUDO = 32, 64


def trial(setting: Setting, seed: int) -> Figures:
    """The same contrast on the same images with two ways to fill a batch."""
    digits = named("digits")
    assert digits.test is not None
    train, test = class_images(digits.train), class_images(digits.test)
    pseudo = kmeans(_codes(train.images, seed, _STEPS[setting]), _PSEUDO, seed=seed, spherical=False).members.numpy()
    rows = KnownRows(n=len(pseudo), classes=pseudo)
    plans = {
        "method": ClassDisjoint().plan(rows, batch_size=_BATCH, seed=seed),
        "baseline": Shuffled().plan(rows, batch_size=_BATCH, seed=seed),
    }
    view = light_images((8, 8))
    loop = SmallContrast(views=(view, view), steps=_STEPS[setting])
    figures: dict[str, dict[str, float]] = {}
    for side, plan in plans.items():
        encoder = learn_contrast(train.images, NTXent(temperature=0.2), loop, plan, seed=seed)
        z, z_test = encoder.encode(train.images), encoder.encode(test.images)
        accuracy = knn_accuracy(z, train.labels.numpy(), z_test, test.labels.numpy(), k=5).value
        figures[side] = {"knn_accuracy": accuracy, **_batches(plan, pseudo, train.labels.numpy())}
    return figures


def _batches(plan: BatchPlan, pseudo_N: np.ndarray, labels_N: np.ndarray) -> dict[str, float]:
    """Pairs of one true class, as a share, and repetitions of a pseudo-class in a batch, of an epoch."""
    batches = plan.epoch(0)
    repeats = sum(len(rows) - len(np.unique(pseudo_N[rows])) for rows in batches)
    return {"false_negatives": false_negative_rate(batches, labels_N), "repeats": float(repeats)}


def _codes(images: Tensor, seed: int, steps: int) -> Tensor:
    """Codes `[N, 16]` of a denoising autoencoder."""
    flat, draw = images.flatten(1), torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = nn.Sequential(nn.Linear(flat.shape[1], 64), nn.ReLU(), nn.Linear(64, 16))
        decoder = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, flat.shape[1]))

    def step(_: int) -> Tensor:
        clean = flat[torch.randint(len(flat), (128,), generator=draw)]
        noisy = clean + 0.2 * torch.randn(clean.shape, generator=draw)
        return (decoder(encoder(noisy)) - clean).square().mean()

    descend(nn.ModuleList([encoder, decoder]), step, steps=2 * steps, learning_rate=3e-3)
    with torch.no_grad():
        return encoder(flat)
