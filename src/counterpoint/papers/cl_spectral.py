"""InfoNCE as spectral clustering of the graph of positives, and kernels in the place of its exponential."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.small_digits import train_digits
from counterpoint.objectives import InfoNCE, SoftTargets
from counterpoint.pairwise import Explicit, GaussianKernel, KernelMixture, LaplacianKernel

paper = Paper(
    short="CL-Spectral",
    title="Contrastive Learning Is Spectral Clustering On Similarity Graph",
    authors="Tan, Zhang, Yang and Yuan",
    year=2023,
    identifier="arXiv:2303.15103",
    wing=Wing.OBJECTIVES,
    implements="The loss as trace of the Laplacian plus repulsion, its minimiser on a known graph, and Kernel-InfoNCE",
    deviates="Free embeddings of a random graph of four groups. Kernels: 8 x 8 digits, a perceptron and nearest "
    "neighbours; at seed 100 a bell of widths 0.22 to 0.45 was tried alone (0.32 taken) and with a peak of widths 0.1 "
    "to 0.4 (0.32 and 0.1 taken).",
)
claim = Claim(
    statement="Contrast clusters the graph of positives spectrally, and a mixture of kernels beats the Gaussian one.",
    checks=(
        Within(measure="identity_error", below=1e-9, statement="The loss is tr(Z'LZ) and a repulsion, exactly."),
        Within(measure="captured", above=0.8, statement="Minimisers lie in the leading eigenspace of the Laplacian."),
        Better(measure="captured", statement="Those of the same graph with its nodes shuffled do not."),
        Better(measure="knn_accuracy", statement="A bell and a peak together beat the bell."),
    ),
    minutes=1,
)

_NODES = {Setting.TINY: 24, Setting.SMALL: 120, Setting.FULL: 1200}
_STEPS = {Setting.TINY: 2, Setting.SMALL: 400, Setting.FULL: 2000}
_GROUPS = 4
_TEMPERATURE = 0.5
_BELL = GaussianKernel(0.32)
_MIXTURE = KernelMixture((_BELL, LaplacianKernel(0.1)), log=True)


def trial(setting: Setting, seed: int) -> Figures:
    """The identity and the eigenspace on a random graph; digits with two kernels."""
    steps, generator = _STEPS[setting], torch.Generator().manual_seed(seed)
    w_NN = _graph(_NODES[setting], generator)
    shuffled = torch.randperm(len(w_NN), generator=generator)
    leading_NK = _leading(w_NN)
    found = {}
    for side, order in (("method", torch.arange(len(w_NN))), ("baseline", shuffled)):
        z_ND = _minimiser(w_NN[order][:, order], steps, torch.Generator().manual_seed(seed))
        found[side] = {"captured": _captured(z_ND, leading_NK)}
    found["method"]["identity_error"] = _identity_error(w_NN, generator)
    for side, kernel in (("method", _MIXTURE), ("baseline", KernelMixture((_BELL,), log=True))):
        loss = InfoNCE(temperature=1.0, similarity=kernel)
        found[side]["knn_accuracy"] = train_digits(loss, steps=steps, seed=seed, unit=True).figures()["knn_accuracy"]
    return found


def _graph(nodes: int, generator: torch.Generator) -> Tensor:
    """Weights of four groups, half of the pairs within and a twentieth across; rows sum to 1."""
    group = torch.arange(nodes) % _GROUPS
    likely = torch.where(group[:, None] == group, 0.5, 0.05)
    upper = (torch.rand(nodes, nodes, generator=generator) < likely).triu(1)
    edges = (upper | upper.T).double()
    edges += torch.eye(nodes).roll(_GROUPS, 0) + torch.eye(nodes).roll(-_GROUPS, 0)  # nobody is alone
    return edges / edges.sum(1, keepdim=True)


def _laplacian(w_NN: Tensor) -> Tensor:
    """Of the weights of both directions: ``sum_ij w_ij |z_i - z_j|^2 / 2 = tr(Z' L Z)``."""
    both = (w_NN + w_NN.T) / 2
    return torch.diag(both.sum(1)) - both


def _leading(w_NN: Tensor) -> Tensor:
    """Orthonormal eigenvectors of the smallest eigenvalues but the constant one, ``[N, groups - 1]``."""
    return torch.linalg.eigh(_laplacian(w_NN))[1][:, 1:_GROUPS]


def _loss(z_ND: Tensor, w_NN: Tensor) -> Tensor:
    return SoftTargets(temperature=_TEMPERATURE)(z_ND, z_ND, relation=Explicit.graded(w_NN))


def _minimiser(w_NN: Tensor, steps: int, generator: torch.Generator) -> Tensor:
    """Free embeddings on the sphere, one dimension for every group, from a random start."""
    z_ND = torch.randn(len(w_NN), _GROUPS, generator=generator, dtype=torch.float64).requires_grad_()
    optimiser = torch.optim.Adam([z_ND], lr=0.05)
    for _ in range(steps):
        optimiser.zero_grad()
        _loss(z_ND, w_NN).backward()
        optimiser.step()
    return normalize(z_ND.detach(), dim=1)


def _captured(z_ND: Tensor, leading_NK: Tensor) -> float:
    """Mean squared cosine of the principal angles between the largest directions of Z and the eigenspace."""
    left_NK = torch.linalg.svd(z_ND - z_ND.mean(0), full_matrices=False)[0][:, : leading_NK.shape[1]]
    return float(torch.linalg.svdvals(left_NK.T @ leading_NK).square().mean())


def _identity_error(w_NN: Tensor, generator: torch.Generator) -> float:
    z_ND = normalize(torch.randn(len(w_NN), _GROUPS, generator=generator, dtype=torch.float64), dim=1)
    attraction = torch.trace(z_ND.T @ _laplacian(w_NN) @ z_ND) / _TEMPERATURE
    repulsion = torch.logsumexp(-torch.cdist(z_ND, z_ND).square() / (2 * _TEMPERATURE), 1).sum()
    return abs(float((attraction + repulsion) / len(z_ND) - _loss(z_ND, w_NN)))
