"""Contrast is spectral clustering: InfoNCE on a graph of positives finds the leading eigenvectors of its Laplacian."""

import numpy as np
import torch
from torch import Tensor

from counterpoint.data import Supervision
from counterpoint.encoders import ConvNet, ProjectionHead
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descent import descend
from counterpoint.experiments.experiment import Experiment, run_experiment
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import DataSource
from counterpoint.objectives import InfoNCE, SoftTargets
from counterpoint.pairwise import GaussianKernel, KernelMixture, LaplacianKernel, NegativeSquaredEuclidean, Others
from counterpoint.pairwise.explicit import Explicit
from counterpoint.training import AdamW, TrainSettings
from counterpoint.views import light_images

paper = Paper(
    short="SpectralClustering",
    title="Contrastive Learning Is Spectral Clustering On Similarity Graph",
    authors="Tan, Zhang, Yang and Yuan",
    year=2023,
    identifier="arXiv:2303.15103",
    wing=Wing.OBJECTIVES,
    implements="the identity of InfoNCE with a trace of the Laplacian plus a log-partition, and Kernel-InfoNCE",
    deviates="A graph of 60 nodes in three blocks, and 8 x 8 digits in place of CIFAR. The mixture is a Gaussian and a "
    "Laplacian kernel of width 1, half each; nothing is tuned.",
)
claim = Claim(
    statement="InfoNCE performs spectral clustering on the graph of positives, and mixtures of kernels do better.",
    checks=(
        Within(measure="identity_error", below=1e-9, statement="The loss is tr(Z^T L Z) plus the log-partition."),
        Within(measure="angle_cosine", above=0.9, statement="What it learns spans the leading eigenvectors."),
        Better(measure="angle_cosine", than="random", statement="Which random embeddings do not."),
        Better(measure="knn_accuracy", than="gaussian", statement="A mixture of kernels beats the Gaussian kernel."),
    ),
    minutes=3,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 300, Setting.FULL: 20_000}
_NODES, _BLOCKS = 60, 3


def trial(setting: Setting, seed: int) -> Figures:
    """One random graph, and two kernels on digits."""
    graph = _graph(seed)
    learnt = _embedded(graph, 2 if setting is Setting.TINY else 600, seed)
    rng = torch.Generator().manual_seed(seed)
    found = {name: run_experiment(_experiment(name, setting, seed)).figures for name in ("method", "gaussian")}
    return {
        "method": {
            **found["method"],
            "angle_cosine": _angle(graph, learnt),
            "identity_error": _identity_error(graph, seed),
        },
        "gaussian": found["gaussian"],
        "random": {"angle_cosine": _angle(graph, torch.randn(learnt.shape, generator=rng))},
    }


def _graph(seed: int) -> Tensor:
    """Weights of a block graph, rows summing to one."""
    rng = torch.Generator().manual_seed(seed)
    block = torch.arange(_NODES) % _BLOCKS
    chance = torch.where(block[:, None] == block, 0.5, 0.03).double()
    edges = torch.bernoulli(chance, generator=rng).triu(1)
    weights = edges + edges.T + 1e-3 * (1 - torch.eye(_NODES))
    return weights / weights.sum(1, keepdim=True)


def _loss(graph: Tensor, z: Tensor) -> Tensor:
    """Cross-entropy of the graph's edges with those of the Gaussian kernel graph of the embeddings."""
    relation = Others(Explicit.graded(graph))
    return SoftTargets(temperature=1.0, similarity=NegativeSquaredEuclidean())(z, relation=relation)


def _identity_error(graph: Tensor, seed: int) -> float:
    """Against ``2 tr(Z^T L Z) / N + mean log-partition`` with the Laplacian of the graph made symmetric."""
    z = torch.randn(_NODES, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    both = (graph + graph.T) / 2
    laplacian = torch.diag(both.sum(1)) - both
    far = torch.cdist(z, z) ** 2
    partition = torch.logsumexp((-far).masked_fill(torch.eye(_NODES, dtype=torch.bool), -torch.inf), 1).mean()
    return float((_loss(graph, z) - (2 * torch.trace(z.T @ laplacian @ z) / _NODES + partition)).abs())


def _embedded(graph: Tensor, steps: int, seed: int) -> Tensor:
    """Free embeddings of the nodes that minimise the loss."""
    rng = torch.Generator().manual_seed(seed)
    z = (0.1 * torch.randn(_NODES, _BLOCKS - 1, generator=rng, dtype=torch.float64)).requires_grad_()
    descend(lambda: _loss(graph, z), [z], steps=steps, rate=0.05)
    return z.detach()


def _angle(graph: Tensor, z: Tensor) -> float:
    """Cosine of the largest principal angle between the embeddings and the eigenvectors after the constant one."""
    both = (graph + graph.T) / 2
    laplacian = (torch.diag(both.sum(1)) - both).numpy()
    leading = np.linalg.eigh(laplacian)[1][:, 1:_BLOCKS]
    span = np.linalg.qr((z - z.mean(0)).double().numpy())[0]
    return float(np.linalg.svd(leading.T @ span, compute_uv=False).min())


def _experiment(kernel: str, setting: Setting, seed: int) -> Experiment:
    kernels = (GaussianKernel(1.0), LaplacianKernel(1.0)) if kernel == "method" else (GaussianKernel(1.0),)
    view = light_images((8, 8))
    recipe = Recipe(
        encoder=ConvNet(width=16),
        head=ProjectionHead(out_dim=32),
        objective=InfoNCE(temperature=1.0, similarity=KernelMixture(kernels, log=True)),
        supervision=Supervision.VIEWS,
        views=(view, view),
        training=TrainSettings(steps=_STEPS[setting], batch_size=128, optimiser=AdamW(learning_rate=1e-3)),
    )
    return Experiment(recipe=recipe, data=DataSource(data="set:digits")).seeded(seed)
