"""M2-Encoder: contrast within groups of workers, in place of all of them, for less traffic and memory."""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descent import descend
from counterpoint.objectives import CLIP

paper = Paper(
    short="M2-Encoder",
    title="M2-Encoder: Advancing Bilingual Image-Text Understanding by Large-scale Efficient Pretraining",
    authors="Guo, Xu, Zhang and others",
    year=2024,
    identifier="arXiv:2401.15896",
    wing=Wing.SCALE,
    implements="the contrastive loss within groups of workers; one group is the loss of all",
    deviates="Workers are simulated as shares of one batch, traffic is counted, and two made modalities stand for "
    "images and bilingual texts. How the paper orders groups and accumulation is not clear from its text.",
)
claim = Claim(
    statement="Groups of workers lower traffic and memory, and retrieval hardly suffers.",
    checks=(
        Within(measure="one_group_error", below=1e-6, statement="One group has loss and gradient of all workers."),
        Within(measure="traffic", below=0.5, statement="Four groups exchange less than half the bytes."),
        Within(measure="matrix", below=0.3, statement="A worker compares with less than a third of the candidates."),
        Better(measure="recall", by=-0.03, statement="Recall is at most 3 points below that of one group."),
    ),
    minutes=1,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 150, Setting.FULL: 100_000}
_WORKERS, _GROUPS, _SHARE, _DIM = 8, 4, 32, 16


def trial(setting: Setting, seed: int) -> Figures:
    """The same towers with four groups and with one."""
    return {
        "method": {
            "recall": _trained(_GROUPS, setting, seed),
            "one_group_error": _one_group_error(seed),
            "traffic": _traffic(_GROUPS) / _traffic(1),
            "matrix": _compared(_GROUPS) / _compared(1),
        },
        "baseline": {"recall": _trained(1, setting, seed), "traffic": 1.0, "matrix": 1.0},
    }


def grouped(a: Tensor, b: Tensor, groups: int) -> Tensor:
    """The mean over groups of the loss within each; a group is a run of workers, whose rows stand together."""
    parts = zip(a.chunk(groups), b.chunk(groups), strict=True)
    return torch.stack([CLIP(temperature=0.1)(one, other) for one, other in parts]).mean()


def _one_group_error(seed: int) -> float:
    """Largest difference of loss and gradients from those of the whole batch."""
    sides = [one.requires_grad_() for one in _pairs(seed, _WORKERS * _SHARE)]
    losses = [grouped(*sides, groups=1), CLIP(temperature=0.1)(*sides)]
    ours, theirs = ([loss.detach(), *torch.autograd.grad(loss, sides)] for loss in losses)
    return max(float((one - other).abs().max()) for one, other in zip(ours, theirs, strict=True))


def _traffic(groups: int) -> int:
    """Bytes that all workers receive in a step: embeddings and their gradients of the others in the group."""
    size = _WORKERS // groups
    return 2 * 2 * groups * size * (size - 1) * _SHARE * _DIM * 4


def _compared(groups: int) -> int:
    """Candidates of a worker's rows."""
    return _WORKERS // groups * _SHARE


def _pairs(seed: int, count: int) -> tuple[Tensor, Tensor]:
    """Two noisy views, through different fixed maps, of one meaning."""
    rng = torch.Generator().manual_seed(seed)
    maps = torch.randn(2, 24, 48, generator=torch.Generator().manual_seed(0)) / 24**0.5
    meaning = torch.randn(count, 24, generator=rng)
    x, y = (torch.tanh(meaning @ one) + 0.3 * torch.randn(count, 48, generator=rng) for one in maps)
    return x, y


def _towers(seed: int) -> nn.ModuleList:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.ModuleList(nn.Sequential(nn.Linear(48, 64), nn.ReLU(), nn.Linear(64, _DIM)) for _ in range(2))


def _trained(groups: int, setting: Setting, seed: int) -> float:
    """Recall of the own text among 500, by images that were not learnt from."""
    towers, turn = _towers(seed), iter(range(1_000 * (seed + 1), 10**9))

    def loss() -> Tensor:
        """A fresh batch."""
        return grouped(*_encoded(towers, *_pairs(next(turn), _WORKERS * _SHARE)), groups=groups)

    descend(loss, list(towers.parameters()), steps=_STEPS[setting], rate=3e-3)
    with torch.no_grad():
        x, y = _encoded(towers, *_pairs(10**9 + seed, 500))
        return float(((normalize(x) @ normalize(y).T).argmax(1) == torch.arange(500)).float().mean())


def _encoded(towers: nn.ModuleList, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return towers[0](x), towers[1](y)
