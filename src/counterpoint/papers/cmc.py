"""Several parts of an image as views: contrast against prediction, and more views against fewer."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from counterpoint.evaluation import probe_accuracy
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.source import DataSource
from counterpoint.experiments.view_loop import LabelledImages, labelled_images
from counterpoint.objectives import CLIP, CMC

paper = Paper(
    short="CMC",
    title="Contrastive Multiview Coding",
    authors="Tian, Krishnan and Isola",
    year=2020,
    identifier="arXiv:1906.05849",
    wing=Wing.OBJECTIVES,
    implements="The full graph of views (Eq. 8), against the prediction of one view from another",
    deviates="Views are four overlapping corners of 8 x 8 digits, 5 x 5 pixels each, with a perceptron for each view; "
    "negatives are those of the batch of 128. What is probed is the encoder of the first corner, which sees as much "
    "however many others it was trained with. The predictor has one more layer. Nothing was tuned.",
)
claim = Claim(
    statement="Contrast between views beats prediction across them, and a view's code gains from more other views.",
    checks=(
        Within(measure="difference", below=1e-9, statement="With two views it is the symmetric InfoNCE of CLIP."),
        Better(measure="probe_accuracy", statement="Four views: contrast beats prediction of the others' pixels."),
        Better(measure="probe_accuracy", side="method", than="three_views", statement="Four views beat three."),
        Better(measure="probe_accuracy", side="three_views", than="two_views", statement="Three views beat two."),
    ),
    minutes=1,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 400, Setting.FULL: 20_000}
_DIM, _BATCH = 32, 128
_CORNERS = ((0, 0), (0, 3), (3, 0), (3, 3))


def trial(setting: Setting, seed: int) -> Figures:
    """Contrast with two to four views, and prediction with four."""
    data = labelled_images(DataSource(data="set:digits"))
    sides = {"method": (4, True), "three_views": (3, True), "two_views": (2, True), "baseline": (4, False)}
    with torch.random.fork_rng(devices=[]):
        found: dict[str, dict[str, float]] = {}
        for side, (count, contrast) in sides.items():
            torch.manual_seed(seed)
            encoder = _learnt(_views(data.train)[:, :count], contrast, _STEPS[setting])
            found[side] = {"probe_accuracy": _probed(encoder, data)}
    a, b = torch.from_numpy(np.random.default_rng(seed).normal(size=(2, 16, 8)))
    found["method"]["difference"] = float((CMC(temperature=0.1)(a, b) - CLIP(temperature=0.1)(a, b)).abs())
    return found


def _views(images: Tensor) -> Tensor:
    """Corners as vectors, `[N, 4, 25]`."""
    x = images[:, 0].float() / 255
    return torch.stack([x[:, i : i + 5, j : j + 5].flatten(1) for i, j in _CORNERS], dim=1)


def _learnt(x_NVP: Tensor, contrast: bool, steps: int) -> nn.Module:
    """The encoder of the first view, after learning with all of them."""
    views, pixels = x_NVP.shape[1:]
    encoders = nn.ModuleList(_perceptron(pixels, _DIM) for _ in range(views))
    predictors = nn.ModuleList(_perceptron(_DIM, pixels * (views - 1)) for _ in range(views))
    learners = nn.ModuleList([encoders, predictors])
    optimiser = torch.optim.Adam(learners.parameters(), lr=1e-3)
    for _ in range(steps):
        batch = x_NVP[torch.randint(len(x_NVP), (_BATCH,))]
        z = [encoder(batch[:, v]) for v, encoder in enumerate(encoders)]
        optimiser.zero_grad()
        loss = CMC(temperature=0.1)(torch.stack(z, 1)) if contrast else _prediction(batch, z, predictors)
        loss.backward()
        optimiser.step()
    return encoders[0]


def _perceptron(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs, 128), nn.ReLU(), nn.Linear(128, outputs))


def _prediction(x_NVP: Tensor, z: list[Tensor], predictors: nn.ModuleList) -> Tensor:
    """Every view's code foretells the pixels of all others."""
    losses = [
        mse_loss(predictor(z[v]), torch.cat([x_NVP[:, :v], x_NVP[:, v + 1 :]], 1).flatten(1))
        for v, predictor in enumerate(predictors)
    ]
    return torch.stack(losses).mean()


def _probed(encoder: nn.Module, data: LabelledImages) -> float:
    with torch.no_grad():
        train, test = (encoder(_views(images)[:, 0]).numpy() for images in (data.train, data.test))
    return probe_accuracy(train, data.train_label, test, data.test_label).value
