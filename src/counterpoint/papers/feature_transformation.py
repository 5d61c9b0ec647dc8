"""Feature transformation: positives moved apart, negatives mixed with each other, for harder and more diverse pairs."""

import torch
from torch import Tensor

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.queue_loss import AgainstQueue, Construction
from counterpoint.experiments.source import DataSource
from counterpoint.experiments.view_loop import LabelledImages, ViewLoop, labelled_images, learn_from_views
from counterpoint.objectives import InfoNCE
from counterpoint.pairs import Pairs, extrapolated, interpolated_negatives, with_own_negatives
from counterpoint.pairwise import Dot
from counterpoint.views import light_images

paper = Paper(
    short="FT",
    title="Improving Contrastive Learning by Visualizing Feature Transformation",
    authors="Zhu, Zhao, Liu, Sun and Chen",
    year=2021,
    identifier="arXiv:2108.02982",
    wing=Wing.PAIRS,
    implements="extrapolated positives and interpolated negatives, Sections 4.1 and 4.2",
    deviates="Fashion images and a small residual network in place of ImageNet. Keys come from the encoder itself, "
    "without a gradient, in place of a slow teacher. Both Beta laws are those of the public code; nothing is tuned.",
)
claim = Claim(
    statement="Extrapolation makes positives harder, and with interpolated negatives features are better.",
    checks=(
        Within(measure="identity_error", below=1e-6, statement="Scores fall by 2 l (l - 1) (1 - s), never rising."),
        Within(measure="fall", above=0.0, statement="Positive scores fall at every step."),
        Better(measure="knn_accuracy", statement="Features are better than without the transformation."),
    ),
    minutes=3,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 300, Setting.FULL: 100_000}
_DIM = 64


def trial(setting: Setting, seed: int) -> Figures:
    """The same encoder with transformed pairs and with plain ones."""
    data = labelled_images(DataSource(data="set:fashion_mnist_partial"))
    transformed = _Transformed(seed)
    method = _learnt(data, transformed, setting, seed)
    method |= {"identity_error": _identity_error(seed), "fall": min(transformed.falls)}
    return {"method": method, "baseline": _learnt(data, _plain, setting, seed)}


class _Transformed:
    """The pairs of every step, and by how much positive scores fell in the mean."""

    def __init__(self, seed: int) -> None:
        self.generator, self.falls = torch.Generator().manual_seed(seed), list[float]()

    def __call__(self, query: Tensor, key: Tensor, negatives: Tensor) -> Pairs:
        moved = extrapolated(query, key, generator=self.generator)
        self.falls.append(float(((query * key).sum(1) - (moved[0] * moved[1]).sum(1)).mean().detach()))
        return _plain(*moved, interpolated_negatives(negatives, generator=self.generator))


def _plain(query: Tensor, key: Tensor, negatives: Tensor) -> Pairs:
    own = query.new_zeros(len(query), 0, _DIM)
    return with_own_negatives(query, key, own, negatives=negatives, in_batch=False)


def _learnt(data: LabelledImages, construction: Construction, setting: Setting, seed: int) -> dict[str, float]:
    view = light_images((28, 28))
    # Inner products, as in the paper: what is moved is not scaled to unit length again.
    objective = InfoNCE(temperature=0.2, similarity=Dot())
    loss = AgainstQueue(construction, objective, size=1024, dim=_DIM, seed=seed)
    loop = ViewLoop(steps=_STEPS[setting], batch_size=64, views=(view, view))
    return learn_from_views(data.train, loss, loop, seed).judged(data)


def _identity_error(seed: int) -> float:
    """Of the scores of extrapolated unit rows; the share is read off the row that has moved."""
    rng = torch.Generator().manual_seed(seed)
    q, k = torch.nn.functional.normalize(torch.randn(2, 50, 6, generator=rng, dtype=torch.float64), dim=2)
    q2, k2 = extrapolated(q, k, generator=rng)
    share = ((q2 - k) * (q - k)).sum(1) / (q - k).square().sum(1)
    s = (q * k).sum(1)
    expected = s - 2 * share * (share - 1) * (1 - s)
    assert bool((share >= 1).all())
    return float(((q2 * k2).sum(1) - expected).abs().max())
