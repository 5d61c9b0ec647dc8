"""I-Con: one divergence between neighbour distributions is InfoNCE, SNE, cross-entropy and label smoothing."""

import torch
from torch import Tensor
from torch.nn import functional

from counterpoint.evaluation import clustering
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descent import Rows, descend, rows_of
from counterpoint.experiments.source import DataSource
from counterpoint.objectives import ICon, InfoNCE
from counterpoint.pairwise import Dot, NegativeSquaredEuclidean, Others, SameKey, Weighted

paper = Paper(
    short="I-Con",
    title="I-Con: A Unifying Framework for Representation Learning",
    authors="Alshammari, Hershey, Feldmann, Freeman and Hamilton",
    year=2025,
    identifier="arXiv:2504.16929",
    wing=Wing.OBJECTIVES,
    implements="Eq. 1, its special cases, and debiasing by a uniform mixture",
    deviates="Clusters are those of k-means on a map of 8 x 8 digits learnt from nearest neighbours, in place of a "
    "clustering head on DINO features. alpha is 0.2, the default; nothing is tuned.",
)
claim = Claim(
    statement="One divergence reproduces known losses exactly, and debiased targets cluster better.",
    checks=(
        Within(measure="info_nce_error", below=1e-6, statement="It is InfoNCE with one positive each."),
        Within(measure="sne_error", below=1e-6, statement="It is SNE with Gaussian neighbours, less the entropy."),
        Within(measure="cross_entropy_error", below=1e-6, statement="It is cross-entropy with classes for candidates."),
        Within(
            measure="smoothing_error", below=1e-6, statement="Debiasing is label smoothing there, less the entropy."
        ),
        Better(measure="nmi", statement="Debiased neighbours give better clusters than plain ones."),
    ),
    minutes=1,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 120, Setting.FULL: 5_000}
_ROWS = {Setting.TINY: 60, Setting.SMALL: 1_000, Setting.FULL: 100_000}
_NEIGHBOURS, _DIM = 5, 16


def trial(setting: Setting, seed: int) -> Figures:
    """The identities on random rows; clusters of two maps that differ in alpha alone."""
    rows = rows_of(DataSource(data="set:digits", seed=seed))
    nmi = {alpha: _clustered(rows, alpha, setting, seed) for alpha in (0.2, 0.0)}
    return {"method": {**_identities(seed), "nmi": nmi[0.2]}, "baseline": {"nmi": nmi[0.0]}}


def _identities(seed: int) -> dict[str, float]:
    rng = torch.Generator().manual_seed(seed)
    a, b, w = (torch.randn(n, 5, generator=rng, dtype=torch.float64) for n in (9, 9, 4))
    y = torch.arange(9) % 4
    logits, classes = a @ w.T, SameKey(y, torch.arange(4), prototypes=True)
    plain, smooth = (ICon(temperature=1.0, alpha=alpha, similarity=Dot())(a, w, relation=classes) for alpha in (0, 0.2))
    q = functional.one_hot(y, 4).double() * 0.8 + 0.05
    pairs = {
        "info_nce_error": (ICon(temperature=0.2, alpha=0.0)(a, b), InfoNCE(temperature=0.2)(a, b)),
        "sne_error": _sne(a, b),
        "cross_entropy_error": (plain, functional.cross_entropy(logits, y)),
        "smoothing_error": (
            smooth, functional.cross_entropy(logits, y, label_smoothing=0.2) + (q * q.log()).sum(1).mean(),
        ),
    }  # fmt: skip
    return {name: float((one - other).abs()) for name, (one, other) in pairs.items()}


def _sne(x: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
    """Ours, and the Kullback-Leibler divergence of Gaussian neighbours of x from those of z, written out."""
    off = ~torch.eye(len(x), dtype=torch.bool)
    far = torch.cdist(x, x) ** 2
    p, log_q = ((-one).masked_fill(~off, -torch.inf).log_softmax(1) for one in (far / 4, torch.cdist(z, z) ** 2))
    p = p.exp()
    expected = torch.where(off, p * (p.clamp_min(1e-300).log() - log_q), 0.0).sum(1).mean()
    everybody = torch.zeros(len(z), dtype=torch.int64)
    relation = Weighted(Others(SameKey(everybody, everybody)), torch.where(off, p, 1.0))
    ours = ICon(temperature=1.0, alpha=0.0, similarity=NegativeSquaredEuclidean())
    return ours(z, relation=relation), expected


def _clustered(rows: Rows, alpha: float, setting: Setting, seed: int) -> float:
    """Agreement of clusters with classes, of a linear map that learns from each row's nearest neighbours."""
    x, y = rows.train[: _ROWS[setting]], rows.train_labels[: _ROWS[setting]]
    near = torch.cdist(x, x).fill_diagonal_(torch.inf).topk(_NEIGHBOURS, largest=False).indices
    weight = torch.randn(x.shape[1], _DIM, generator=torch.Generator().manual_seed(seed)).mul_(0.1).requires_grad_()
    objective, turn = ICon(temperature=0.2, alpha=alpha), torch.Generator().manual_seed(seed)

    def loss() -> Tensor:
        """Every row with one of its neighbours, the others of the batch for strangers."""
        batch = torch.randperm(len(x), generator=turn)[:256]
        mate = near[batch, torch.randint(_NEIGHBOURS, (len(batch),), generator=turn)]
        return objective(x[batch] @ weight, x[mate] @ weight)

    descend(loss, [weight], steps=_STEPS[setting], rate=0.01)
    with torch.no_grad():
        z = functional.normalize(x @ weight)
    found = clustering(z.numpy(), y.numpy(), seed=seed)
    return next(one.value for one in found if "nmi" in one.name)
