"""MCL: negatives from the own cluster make a second stage learn what the first one suppressed."""

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.evaluation import fit_classifier
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.objectives import CLIP
from counterpoint.pairs import kmeans

paper = Paper(
    short="MCL",
    title="Learning the Unlearned: Mitigating Feature Suppression in Contrastive Learning",
    authors="Zhang, Lan, Qu, Cheng, Feng and Hooi",
    year=2024,
    identifier="arXiv:2402.11816",
    wing=Wing.PAIRS,
    implements="stages whose negatives are of the anchor's clusters in all earlier stages, embeddings side by side",
    deviates="Made images: a bright pixel at one of 256 places and faint stripes in one of four directions, under "
    "noise; a perceptron. Batches are drawn within one cluster, so that all negatives are of it. Two stages of half "
    "the dimensions and half the steps each against one; 256 clusters. How bright and how faint was chosen on a seed "
    "of its own such that one stage suppresses the stripes.",
)
claim = Claim(
    statement="A feature that one stage suppresses is learnt by the next, and none is lost.",
    checks=(
        Within(measure="hard", side="baseline", below=0.6, statement="One stage hardly sees stripes; chance is 0.25."),
        Better(measure="hard", by=0.1, statement="Two stages tell them better by a tenth or more."),
        Better(measure="easy", by=-0.05, statement="The place of the pixel is not lost."),
    ),
    minutes=0.5,
)

_STEPS = {Setting.TINY: 4, Setting.SMALL: 600, Setting.FULL: 20_000}
_SIZE, _PLACES, _WAYS, _DIM, _BATCH = 16, 256, 4, 16, 64


def trial(setting: Setting, seed: int) -> Figures:
    """One stage of all dimensions, and two of half of them."""
    draw = torch.Generator().manual_seed(seed)
    count = 1000 if setting is Setting.TINY else 4000
    easy, hard = (torch.randint(n, (count,), generator=draw) for n in (_PLACES, _WAYS))
    clean = _images(easy, hard)
    everybody = torch.zeros(count, dtype=torch.int64)
    steps = _STEPS[setting]
    one = _stage(clean, everybody, _DIM, steps, seed)
    first = _stage(clean, everybody, _DIM // 2, steps // 2, seed)
    clusters = kmeans(_embedded(first, clean, seed), _PLACES, seed=seed).members
    second = _stage(clean, clusters, _DIM // 2, steps // 2, seed + 1000)
    z = {
        "baseline": _embedded(one, clean, seed),
        "method": torch.cat([_embedded(stage, clean, seed) for stage in (first, second)], 1),
    }
    return {side: {"easy": _probe(rows, easy), "hard": _probe(rows, hard)} for side, rows in z.items()}


def _images(easy_N: Tensor, hard_N: Tensor) -> Tensor:
    """Images `[N, 256]`: a bright pixel at one of 16 x 16 places, and stripes at an angle."""
    y, x = torch.meshgrid(torch.arange(_SIZE), torch.arange(_SIZE), indexing="ij")
    pixel = ((y * _SIZE + x)[None] == easy_N[:, None, None]).float()
    angle = (hard_N * torch.pi / _WAYS)[:, None, None]
    stripes = torch.sin(0.8 * torch.pi * (x * torch.cos(angle) + y * torch.sin(angle)))
    return (8 * pixel + 0.06 * stripes).flatten(1)


def _seen(clean_ND: Tensor, draw: torch.Generator) -> Tensor:
    return clean_ND + 0.3 * torch.randn(clean_ND.shape, generator=draw)


def _stage(clean_ND: Tensor, cluster_N: Tensor, dim: int, steps: int, seed: int) -> nn.Module:
    """An encoder that tells two noisy views of an image from others of its cluster."""
    draw = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = nn.Sequential(nn.Linear(clean_ND.shape[1], 128), nn.ReLU(), nn.Linear(128, dim))
    objective = CLIP(temperature=0.1)
    members = [rows for k in range(int(cluster_N.max()) + 1) if len(rows := (cluster_N == k).nonzero()[:, 0]) > 1]

    def step(number: int) -> Tensor:
        own = members[number % len(members)]
        rows = own[torch.randperm(len(own), generator=draw)[:_BATCH]]
        return objective(encoder(_seen(clean_ND[rows], draw)), encoder(_seen(clean_ND[rows], draw)))

    descend(encoder, step, steps=steps, learning_rate=2e-3)
    return encoder


@torch.no_grad()
def _embedded(encoder: nn.Module, clean_ND: Tensor, seed: int) -> Tensor:
    return nn.functional.normalize(encoder(_seen(clean_ND, torch.Generator().manual_seed(seed + 1))))


def _probe(z_ND: Tensor, labels_N: Tensor) -> float:
    """Accuracy on the second half of a linear map learnt on the first."""
    half = len(z_ND) // 2
    fitted = fit_classifier(z_ND[:half].numpy(), labels_N[:half].numpy(), strengths=(1.0,))
    return float(np.mean(fitted.predict(z_ND[half:].numpy()) == labels_N[half:].numpy()))
