"""SepCLR: what a target set shares with a background goes into one code, and what it has alone into the other."""

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.evaluation import probe_accuracy
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import descend
from counterpoint.methods import SepCLR

paper = Paper(
    short="SepCLR",
    title="Separating common from salient patterns with Contrastive Representation Learning",
    authors="Louiset, Duchesnay, Grigis and Gori",
    year=2024,
    identifier="arXiv:2402.11928",
    wing=Wing.OBJECTIVES,
    implements="both codes with k-JEM between them, against the same without k-JEM",
    deviates="Made rows with a shared factor of five kinds, and one of five kinds that only targets have, in place of "
    "digits on natural images and of brains. The salient weight is 10, of the 1 to 100 that the public code takes "
    "outside of digits; nothing is tuned. Variational autoencoders are left out: one code for everything stands in.",
)
claim = Claim(
    statement="The salient code holds what only targets have, the common one what all share; k-JEM keeps them apart.",
    checks=(
        Better(measure="salient_reads_own", than="one code", by=-0.05, statement="The salient code reads its factor."),
        Better(measure="salient_leak", than="one code", lower=True, statement="And less of the shared one."),
        Better(
            measure="common_leak", than="one code", lower=True, statement="The common code reads less of the salient."
        ),
        Better(measure="leak", lower=True, statement="Without k-JEM more leaks, both ways together."),
    ),
    minutes=1,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 400, Setting.FULL: 20_000}
_KINDS, _WIDTH, _DIM = 5, 16, 8


def trial(setting: Setting, seed: int) -> Figures:
    """Two encoders with k-JEM and without; and the rows' views in one code, aligned and spread."""
    return {
        "method": _measured(SepCLR(salient=10.0, constant=100.0), setting, seed),
        "baseline": _measured(SepCLR(salient=10.0, constant=100.0, separation=0.0), setting, seed),
        "one code": _measured(None, setting, seed),
    }


def _drawn(count: int, seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Rows, whether they are targets, their shared kind and their own kind; half are targets."""
    rng = torch.Generator().manual_seed(seed)
    fixed = torch.randn(2, _KINDS, _WIDTH, generator=torch.Generator().manual_seed(0))
    shared, own = torch.randint(_KINDS, (2, count), generator=rng)
    target = torch.arange(count) % 2
    texture = fixed[0][shared] + 0.3 * torch.randn(count, _WIDTH, generator=rng)
    object_ = target[:, None] * fixed[1][own] + 0.3 * torch.randn(count, _WIDTH, generator=rng)
    return torch.cat([texture, object_], 1), target, shared, own


def _measured(loss: SepCLR | None, setting: Setting, seed: int) -> dict[str, float]:
    x, target, _, _ = _drawn(2_000, seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoders = nn.ModuleList(
            nn.Sequential(nn.Linear(2 * _WIDTH, 64), nn.ReLU(), nn.Linear(64, _DIM)) for _ in range(2)
        )
    rng = torch.Generator().manual_seed(seed)

    def step(number: int) -> Tensor:
        """Two noisy views of a random batch."""
        rows = torch.randperm(len(x), generator=rng)[:128]
        views = [x[rows] + 0.3 * torch.randn(128, 2 * _WIDTH, generator=rng) for _ in range(2)]
        common, salient = ((encoder(views[0]), encoder(views[1])) for encoder in encoders)
        if loss is None:  # one code: the common part alone
            nothing = torch.zeros_like(salient[0])
            return SepCLR(salient=0.0, constant=0.0, separation=0.0)(common, (nothing, nothing), target[rows])
        return loss(common, salient, target[rows])

    descend(encoders, step, steps=_STEPS[setting], learning_rate=3e-3)
    with torch.no_grad():
        return _read([encoders[0]] * 2 if loss is None else list(encoders), seed)


def _read(encoders: list[nn.Module], seed: int) -> dict[str, float]:
    """What probes of fresh targets read from the common and from the salient code."""
    train, test = (_drawn(1_000, seed + more) for more in (1_000, 2_000))

    def accuracy(encoder: nn.Module, factor: int) -> float:
        """Of a linear probe."""
        parts = [(encoder(x[t == 1]).numpy(), _of(rest, factor)[(t == 1).numpy()]) for x, t, *rest in (train, test)]
        return probe_accuracy(*parts[0], *parts[1]).value

    common, salient = encoders
    found = {"common_leak": accuracy(common, 1), "salient_leak": accuracy(salient, 0)}
    own = {"common_reads_shared": accuracy(common, 0), "salient_reads_own": accuracy(salient, 1)}
    return {**found, **own, "leak": (found["common_leak"] + found["salient_leak"]) / 2}


def _of(factors: list[Tensor], number: int) -> np.ndarray:
    return factors[number].numpy()
