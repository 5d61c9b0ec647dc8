"""One divergence of neighbour distributions that is InfoNCE, SNE and cross-entropy, and its debiasing."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from counterpoint.evaluation import clustering
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.small_digits import train_digits
from counterpoint.objectives import ICon, InfoNCE
from counterpoint.pairwise import Dot, Explicit, NegativeSquaredEuclidean, Others, SameKey

paper = Paper(
    short="I-Con",
    title="I-Con: A Unifying Framework for Representation Learning",
    authors="Alshammari, Hershey, Feldmann, Freeman and Hamilton",
    year=2025,
    identifier="arXiv:2504.16929",
    wing=Wing.OBJECTIVES,
    implements="Eq. 1 and three of its special cases, and supervision mixed with a uniform distribution",
    deviates="8 x 8 digits and a perceptron that learns from views, not DiNO features of ImageNet. Chosen at seed "
    "100 of temperatures 0.1, 0.2 and 0.5: for alpha 0 and for alpha 0.2 each its own; 0.2 is the library's default.",
)
claim = Claim(
    statement="One divergence is many losses, and debiased supervision clusters better.",
    checks=(
        Within(measure="info_nce_error", below=1e-9, statement="One positive: it is InfoNCE."),
        Within(measure="sne_error", below=1e-9, statement="Gaussian neighbours of the inputs: it is SNE's divergence."),
        Within(measure="cross_entropy_error", below=1e-9, statement="Candidates are classes: it is cross-entropy."),
        Within(measure="smoothing_error", below=1e-9, statement="The uniform part is then label smoothing."),
        Better(measure="clustering_accuracy", statement="With the uniform part clusters agree better with classes."),
    ),
    minutes=1,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 300, Setting.FULL: 20_000}
_ALPHA = 0.2
_TEMPERATURES = {0.0: 0.2, _ALPHA: 0.1}


def trial(setting: Setting, seed: int) -> Figures:
    """Each special case on random rows, and clusters of digits with and without the uniform part."""
    found = {
        side: {"clustering_accuracy": _clustered(alpha, _STEPS[setting], seed)}
        for side, alpha in (("method", _ALPHA), ("baseline", 0.0))
    }
    generator = torch.Generator().manual_seed(seed)
    found["method"].update(_equalities(*torch.randn(3, 24, 6, generator=generator, dtype=torch.float64)))
    return found


def _clustered(alpha: float, steps: int, seed: int) -> float:
    loss = ICon(alpha=alpha, temperature=_TEMPERATURES[alpha])
    encoded = train_digits(loss, steps=steps, seed=seed)
    unit = encoded.test / (encoded.test**2).sum(1, keepdims=True) ** 0.5
    found = {one.name: one.value for one in clustering(unit, encoded.test_labels, seed=seed)}
    return found["clustering_accuracy"]


def _equalities(a_ND: Tensor, b_ND: Tensor, x_ND: Tensor) -> dict[str, float]:
    """How far the template is from losses that are written otherwise."""
    contrast = ICon(alpha=0.0)(a_ND, b_ND) - InfoNCE(temperature=0.1)(a_ND, b_ND)
    labels_N = torch.arange(len(a_ND)) % 5
    classes_KD, logits_NK = b_ND[:5], a_ND @ b_ND[:5].T
    owned = SameKey(labels_N, torch.arange(5))

    def difference(alpha: float) -> float:
        """From torch's cross-entropy with smoothing; the entropy of the target is the constant between them."""
        found = ICon(alpha=alpha, temperature=1.0, similarity=Dot())(a_ND, classes_KD, relation=owned)
        others = alpha / 5
        own = 1 - alpha + others
        entropy = -own * math.log(own) - (4 * others * math.log(others) if others else 0.0)
        smoothed = functional.cross_entropy(logits_NK, labels_N, label_smoothing=alpha)
        return abs(float(found + entropy - smoothed))

    return {
        "info_nce_error": abs(float(contrast)),
        "sne_error": _sne_error(a_ND, x_ND),
        "cross_entropy_error": difference(0.0),
        "smoothing_error": difference(_ALPHA),
    }


def _sne_error(z_ND: Tensor, x_ND: Tensor) -> float:
    """Against the divergence of SNE's two softmaxes over all other rows, by torch."""
    own = torch.eye(len(z_ND), dtype=torch.bool)
    p, q = (torch.softmax(-torch.cdist(one, one).square().masked_fill(own, torch.inf), 1) for one in (x_ND, z_ND))
    expected = torch.special.xlogy(p, p / q.masked_fill(own, 1)).sum(1).mean()
    sne = ICon(alpha=0.0, temperature=1.0, similarity=NegativeSquaredEuclidean())
    found = sne(z_ND, z_ND, relation=Others(Explicit.graded(p)))
    return abs(float(found - expected))
