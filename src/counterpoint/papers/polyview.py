"""Poly-view contrast: with as many rows in a batch, fewer examples in more views."""

import torch

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.source import DataSource
from counterpoint.experiments.view_loop import ViewLoop, labelled_images, learn_from_views, stacked, varied_digits
from counterpoint.objectives import NTXent, PolyForm, PolyView

paper = Paper(
    short="Poly-View",
    title="Poly-View Contrastive Learning",
    authors="Shidani, Hjelm, Ramapuram, Webb, Dhekane and Busbridge",
    year=2024,
    identifier="arXiv:2403.05490",
    wing=Wing.OBJECTIVES,
    implements="The geometric and the arithmetic loss, and that of sufficient statistics",
    deviates="8 x 8 digits, 128 rows a step, a small residual network and light views instead of ImageNet. Temperature "
    "0.1 for all sides, untuned.",
)
claim = Claim(
    statement="At a fixed number of rows a step, four views of fewer examples learn better features than two views.",
    checks=(
        Within(measure="difference", below=1e-5, statement="With two views all three losses are NT-Xent."),
        Better(measure="knn_accuracy", statement="Four views, geometric: better than two."),
        Better(measure="knn_accuracy", side="arithmetic", statement="Four views, arithmetic: better than two."),
        Better(measure="knn_accuracy", side="sufficient", statement="Four views, sufficient statistics: better."),
    ),
    minutes=2,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 150, Setting.FULL: 20_000}
_ROWS = 128
_SIDES = {
    "baseline": (2, PolyForm.GEOMETRIC),
    "method": (4, PolyForm.GEOMETRIC),
    "arithmetic": (4, PolyForm.ARITHMETIC),
    "sufficient": (4, PolyForm.SUFFICIENT),
}


def trial(setting: Setting, seed: int) -> Figures:
    """Every form at four views, and two views, from the same weights."""
    data = labelled_images(DataSource(data="set:digits"))
    found: dict[str, dict[str, float]] = {}
    for side, (views, form) in _SIDES.items():
        objective = PolyView(temperature=0.1, form=form)
        loop = ViewLoop(views=(varied_digits(),) * views, steps=_STEPS[setting], batch_size=_ROWS // views)
        found[side] = learn_from_views(data.train, stacked(objective), loop, seed).judged(data)
    found["method"]["difference"] = _difference(seed)
    return found


def _difference(seed: int) -> float:
    """The largest difference from NT-Xent with two views of random rows."""
    a, b = torch.randn(2, 16, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    expected = NTXent(temperature=0.1)(a, b)
    return max(float((PolyView(temperature=0.1, form=form)(a, b) - expected).abs()) for form in PolyForm)
