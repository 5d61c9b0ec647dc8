"""MetaHGNIE: instances of meta-paths as hyperedges, and contrast between what structure and text say of a node."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy import stats
from torch import Tensor, nn

from counterpoint.encoders.hyperedges import HyperedgeAttention
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import descend
from counterpoint.objectives import CLIP

paper = Paper(
    short="MetaHGNIE",
    title="MetaHGNIE: Meta-Path Induced Hypergraph Contrastive Learning in Heterogeneous Knowledge Graphs",
    authors="Chen, He, Shao, Wei, Yu and Zhao",
    year=2025,
    identifier="arXiv:2512.12477",
    wing=Wing.GRAPH,
    implements="typed hyperedges with local attention for structure and for text, and their contrast beside the "
    "supervised loss of node importance, against pairwise edges and against no contrast",
    deviates="Made data: a node's importance is how often the two hidden traits on its edges agree, its text a "
    "noisy hint of it. One attention layer in place of the sparse-chunked transformer, side-by-side fusion, weight "
    "0.1 and temperature 0.2 without a search. The paper's data sets are not at hand.",
)
claim = Claim(
    statement="Hyperedges find an importance that lies in triples, pairs do not, and the contrast with text helps.",
    checks=(
        Better(measure="spearman", statement="A higher rank correlation than with pairwise edges."),
        Better(measure="rmse", lower=True, statement="And a smaller error."),
        Better(measure="spearman", than="no contrast", statement="A higher rank correlation than without contrast."),
    ),
    minutes=1.5,
    seeds=20,
)
_SIZES = {Setting.TINY: (60, 1), Setting.SMALL: (800, 300), Setting.FULL: (20_000, 3000)}
DIM, TRAITS, EDGES = 16, 40, 6


@dataclass(frozen=True, eq=False)
class Typed:
    """Made data: N nodes with 6 hyperedges each, to one member of each of two kinds.

    Attributes:
        members: int64 `[E, 2]`.
        owner: int64 `[E]`.
        member_text: `[2, 40, 16]`, vectors of members, from which traits can be read.
        text: `[N, 16]`, vectors of nodes.
        importance: `[N]`.
    """

    members: Tensor
    owner: Tensor
    member_text: Tensor
    text: Tensor
    importance: Tensor


def trial(setting: Setting, seed: int) -> Figures:
    """Three models, judged on the half of the nodes that they did not learn from."""
    count, steps = _SIZES[setting]
    data, half = made(count, seed=seed), count // 2
    sides = {"method": (True, 0.1), "no contrast": (True, 0.0), "baseline": (False, 0.1)}
    figures = {}
    for side, (together, weight) in sides.items():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = Importance(together=together)

            def step(_: int, model: Importance = model, weight: float = weight) -> Tensor:
                guess, structure, text = model(data)
                loss = (guess - data.importance)[:half].square().mean()
                return loss + weight * CLIP(temperature=0.2)(structure, text) if weight else loss

            descend(model, step, steps=steps, learning_rate=5e-3)
        with torch.no_grad():
            guess, true = model(data)[0][half:].numpy(), data.importance[half:].numpy()
        ranks = np.corrcoef(stats.rankdata(guess), stats.rankdata(true))[0, 1]
        figures[side] = {"spearman": float(ranks), "rmse": float(np.sqrt(np.square(guess - true).mean()))}
    return figures


class Importance(nn.Module):
    """A number for each node from its edges by identity, its edges by text, and its text."""

    def __init__(self, *, together: bool) -> None:
        super().__init__()
        self.identity = nn.Parameter(0.5 * torch.randn(2, TRAITS, DIM))
        self.structure, self.meaning = (HyperedgeAttention(DIM, types=2, together=together) for _ in range(2))
        self.text = nn.Linear(DIM, DIM)
        self.fuse = nn.Sequential(nn.Linear(2 * DIM, DIM), nn.ReLU(), nn.Linear(DIM, 1))

    def forward(self, data: Typed) -> tuple[Tensor, Tensor, Tensor]:
        """Importance `[N]`, and the two rows `[N, D]` that are contrasted."""
        kinds, count = torch.arange(2), len(data.text)
        structure = self.structure(self.identity[kinds, data.members], data.owner, count)
        meaning = self.meaning(data.member_text[kinds, data.members], data.owner, count) + self.text(data.text)
        return self.fuse(torch.cat([structure, meaning], dim=1))[:, 0], structure, meaning


def made(count: int, *, seed: int) -> Typed:
    """Importance is the mean over a node's edges of the product of its members' traits, -1 or 1."""
    rng = np.random.default_rng(seed)
    trait = rng.choice([-1.0, 1.0], size=(2, TRAITS))
    member_text = rng.normal(size=DIM) * trait[:, :, None] + 2 * rng.normal(size=(2, TRAITS, DIM))
    members, owner = rng.integers(TRAITS, size=(count * EDGES, 2)), np.repeat(np.arange(count), EDGES)
    importance = (trait[0, members[:, 0]] * trait[1, members[:, 1]]).reshape(count, EDGES).mean(1)
    text = importance[:, None] * rng.normal(size=DIM) + 2 * rng.normal(size=(count, DIM))
    whole, real = (members, owner), (member_text, text, importance)
    return Typed(*(torch.from_numpy(one) for one in whole), *(torch.from_numpy(one).float() for one in real))
