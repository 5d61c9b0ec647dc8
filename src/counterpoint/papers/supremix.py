"""SupReMix: mixes of embeddings make contrast follow the order of real labels."""

import numpy as np
import torch
from scipy import stats
from torch import Tensor, nn
from torch.nn import functional

from counterpoint.evaluation import probe_regression
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import descend
from counterpoint.objectives import InfoNCE, SupCon
from counterpoint.pairs import ordered_mixes, ordered_pairs

paper = Paper(
    short="SupReMix",
    title="Mixup Your Own Pairs",
    authors="Wu, Dong, Chen, Zhou and Zhou",
    year=2023,
    identifier="arXiv:2309.16633",
    wing=Wing.PAIRS,
    implements="hard negatives and hard positives mixed for each anchor, negatives weighed by label distance",
    deviates="Made rows of 40 numbers, half of them noise, that depend on an angle of 40 steps, in place of faces and "
    "sensors; 300 rows to learn from; the error is the root of its mean square. Eight mixes of each kind are drawn for "
    "an anchor, where the public code makes all. Temperatures are 0.1 for both contrasts; nothing is tuned.",
)
claim = Claim(
    statement="Mixed pairs give ordered representations, from which labels are read off with a smaller error.",
    checks=(
        Better(measure="error", lower=True, statement="A probe errs less than after SupCon."),
        Better(measure="error", than="l1", lower=True, statement="And less than after regression with an L1 loss."),
        Better(measure="order", statement="Embedding distances follow label gaps more closely than after SupCon."),
    ),
    minutes=1,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 400, Setting.FULL: 20_000}
_LEVELS, _ROWS, _WIDTH = 40, 300, 20


def trial(setting: Setting, seed: int) -> Figures:
    """The same perceptron learns in three ways."""
    train, test = _drawn(_ROWS, seed), _drawn(1_000, seed + 1_000)
    return {side: _measured(side, train, test, setting, seed) for side in ("method", "baseline", "l1")}


def _drawn(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Waves of an angle through a fixed map, beside as many columns of noise; and the level of the angle."""
    rng = torch.Generator().manual_seed(seed)
    level = torch.randint(_LEVELS, (count,), generator=rng)
    angle = level[:, None] / _LEVELS * torch.pi
    waves = torch.cat([torch.sin(k * angle) for k in range(1, 6)], 1)
    fixed = torch.randn(5, _WIDTH, generator=torch.Generator().manual_seed(0))
    seen = waves @ fixed + 0.5 * torch.randn(count, _WIDTH, generator=rng)
    return torch.cat([seen, torch.randn(count, _WIDTH, generator=rng)], 1), level


def _measured(
    side: str, train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor], setting: Setting, seed: int
) -> dict[str, float]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = nn.Sequential(nn.Linear(2 * _WIDTH, 64), nn.ReLU(), nn.Linear(64, 16))
        head = nn.Linear(16, 1)
    generator, (x, y) = torch.Generator().manual_seed(seed), train

    def loss(step: int) -> Tensor:
        """Of two rows of every level in the batch."""
        rows = _batch(y, generator)
        z, label = encoder(x[rows]), y[rows]
        if side == "l1":
            return functional.l1_loss(head(z)[:, 0], label / _LEVELS)
        if side == "baseline":
            return SupCon(temperature=0.1)(z, labels=label)
        values = label / _LEVELS
        mixes = ordered_mixes(z, values, negatives=8, positives=8, generator=generator)
        return ordered_pairs(z, values, mixes).under(InfoNCE(temperature=0.1))

    descend(nn.ModuleList([encoder, head]), loss, steps=_STEPS[setting], learning_rate=3e-3)
    with torch.no_grad():
        known, new = (functional.normalize(encoder(one)).numpy() for one in (x, test[0]))
    found = probe_regression(known, (y / _LEVELS).numpy(), new, (test[1] / _LEVELS).numpy())
    return {"error": next(one.value for one in found if one.name == "probe_rmse"), "order": _order(new, test[1])}


def _batch(levels: Tensor, generator: torch.Generator) -> Tensor:
    """Two rows, drawn with replacement, of each of 32 levels: every row has a positive, at the ends too."""
    known = levels.unique()
    chosen = known[torch.randperm(len(known), generator=generator)[:32]]
    rows = [(levels == level).nonzero()[:, 0] for level in chosen]
    return torch.cat([some[torch.randint(len(some), (2,), generator=generator)] for some in rows])


def _order(z: np.ndarray, level: Tensor) -> float:
    """Rank correlation of distances with label gaps, over all pairs of 300 rows."""
    few, y = torch.from_numpy(z[:300]), level[:300].float()
    pairs = torch.triu_indices(len(few), len(few), 1)
    i, j = pairs[0], pairs[1]
    gaps, far = (y[i] - y[j]).abs(), torch.cdist(few, few)[i, j]
    return float(np.asarray(stats.spearmanr(gaps.numpy(), far.numpy()))[0])
