"""DEXML: with several right labels, a softmax over all of them pushes right ones away; a decoupled one does not."""

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.evaluation import Precision, Qrels, retrieval_values
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.objectives import DecoupledSoftmax, SoftTargets, SoftTopK
from counterpoint.pairwise import Dot, Explicit, Objective

paper = Paper(
    short="DEXML",
    title="Dual-Encoders for Extreme Multi-Label Classification",
    authors="Gupta, Khatri, Rawat, Bhojanapalli, Jain and Dhillon",
    year=2024,
    identifier="arXiv:2310.10636",
    wing=Wing.OBJECTIVES,
    implements="the decoupled softmax and the soft top-k loss (Section 4), against InfoNCE over all labels",
    deviates="Made data: labels of a Zipf law with a vector each, queries the noisy mean of the vectors of their "
    "labels; two small perceptrons, all labels as candidates. Temperatures of 0.05, 0.1 and 0.2 were tried for every "
    "loss on a seed of their own, with 500 labels.",
)
claim = Claim(
    statement="With several labels a query, the decoupled softmax finds them better than a softmax with all labels in "
    "the denominator.",
    checks=(
        Within(measure="repulsion", below=1e-12, statement="It never pushes a right label away."),
        Within(measure="repulsion", side="baseline", above=1e-3, statement="The softmax over all labels does."),
        Better(measure="precision_at_1"),
        Better(measure="precision_at_5"),
        Better(measure="precision_at_5", side="soft_top_5", statement="So does the soft top-5 loss at 5."),
    ),
    minutes=1,
)

_SIZES = {Setting.TINY: (60, 100, 2), Setting.SMALL: (500, 4000, 200), Setting.FULL: (131_073, 294_805, 50_000)}
_DIM = 32


def trial(setting: Setting, seed: int) -> Figures:
    """The same dual encoder on the same queries with three losses."""
    count, queries, steps = _SIZES[setting]
    rng = np.random.default_rng(seed)
    labels = rng.normal(size=(count, _DIM)).astype(np.float32)
    train, test = _queries(labels, queries, rng), _queries(labels, min(queries, 1000), rng)
    losses = {
        "method": DecoupledSoftmax(temperature=0.1),
        "baseline": SoftTargets(temperature=0.1),
        "soft_top_5": SoftTopK(temperature=0.1, k=5),
    }
    figures = {
        side: _measured(objective, torch.from_numpy(labels), train, test, steps, seed)
        for side, objective in losses.items()
    }
    figures["method"]["repulsion"] = _repulsion(DecoupledSoftmax(temperature=1.0, similarity=Dot()), seed)
    figures["baseline"]["repulsion"] = _repulsion(SoftTargets(temperature=1.0, similarity=Dot()), seed)
    return figures


def _queries(labels_MD: np.ndarray, count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Queries `[n, D]` and which labels are right, bool `[n, M]`: 1 to 8 of them, frequent ones more often."""
    weight = 1 / (10 + np.arange(len(labels_MD)))
    right = np.zeros((count, len(labels_MD)), dtype=bool)
    for row, many in zip(right, rng.integers(1, 9, count), strict=True):
        row[rng.choice(len(labels_MD), many, replace=False, p=weight / weight.sum())] = True
    mean = right @ labels_MD / right.sum(1, keepdims=True)
    noisy = mean + 0.3 * rng.normal(size=mean.shape)
    return torch.from_numpy(noisy.astype(np.float32)), torch.from_numpy(right)


def _measured(
    objective: Objective,
    labels_MD: Tensor,
    train: tuple[Tensor, Tensor],
    test: tuple[Tensor, Tensor],
    steps: int,
    seed: int,
) -> dict[str, float]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        towers = nn.ModuleList([_tower(), _tower()])
    draw = torch.Generator().manual_seed(seed)

    def step(_: int) -> Tensor:
        chosen = torch.randint(len(train[0]), (64,), generator=draw)
        right = train[1][chosen]
        return objective(towers[0](train[0][chosen]), towers[1](labels_MD), relation=Explicit(right, ~right))

    descend(towers, step, steps=steps, learning_rate=3e-3)
    return _precision(towers, labels_MD, test)


def _tower() -> nn.Module:
    return nn.Sequential(nn.Linear(_DIM, 128), nn.ReLU(), nn.Linear(128, 64))


@torch.no_grad()
def _precision(towers: nn.ModuleList, labels_MD: Tensor, test: tuple[Tensor, Tensor]) -> dict[str, float]:
    judged = Qrels.of_lists([row.nonzero()[:, 0].tolist() for row in test[1]], n_candidates=len(labels_MD))
    measures = [Precision(k=1), Precision(k=5)]
    found, _ = retrieval_values(towers[0](test[0]).numpy(), towers[1](labels_MD).numpy(), judged, measures=measures)
    return {f"precision_at_{one.k}": float(np.mean(found[one.name])) for one in measures}


def _repulsion(objective: Objective, seed: int) -> float:
    """The largest derivative of the loss by the score of a right label; above 0 it is pushed away."""
    draw = torch.Generator().manual_seed(seed)
    s_NM = (3 * torch.randn(50, 20, generator=draw, dtype=torch.float64)).requires_grad_()
    right = torch.rand(50, 20, generator=draw) < 0.3
    right[:, 0] = True
    objective(s_NM, torch.eye(20, dtype=torch.float64), relation=Explicit(right, ~right)).backward()
    assert s_NM.grad is not None
    return 50 * float(s_NM.grad[right].max())
