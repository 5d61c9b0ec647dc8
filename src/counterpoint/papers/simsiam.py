"""SimSiam: stopping the gradient of the targets is what keeps two views from collapsing to a point."""

import torch
from torch import Tensor, nn

from counterpoint.encoders import HeadSpec, NoHead, PredictionHead
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.source import DataSource
from counterpoint.experiments.view_loop import ViewLoop, labelled_images, learn_from_views
from counterpoint.objectives import NegativeCosine

paper = Paper(
    short="SimSiam",
    title="Exploring Simple Siamese Representation Learning",
    authors="Chen and He",
    year=2021,
    identifier="arXiv:2011.10566",
    wing=Wing.OBJECTIVES,
    implements="Algorithm 1, with and without its stop-gradient (Section 4.1) and its predictor (Section 4.2)",
    deviates="8 x 8 digits, a small residual network, light views, AdamW in place of SGD, no normalisation at the end "
    "of the projection, whose spread is measured. Learning rates 0.001, 0.003 and 0.01 were tried at one seed.",
)
claim = Claim(
    statement="Outputs stay spread over the sphere with the stop-gradient and collapse to a point without it.",
    checks=(
        Within(measure="spread", above=0.3, statement="With it, deviations are more than 0.3 / sqrt(d)."),
        Within(measure="spread", side="baseline", below=0.1, statement="Without it, less than a tenth of that."),
        Better(measure="spread", than="no_predictor", by=0.2, statement="Without a predictor they are far smaller."),
        Better(measure="knn_accuracy", statement="Neighbours say more of the class than without stop-gradient."),
        Better(measure="knn_accuracy", than="untrained", statement="And more than those of random weights."),
    ),
    minutes=2,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 200, Setting.FULL: 20_000}
_RATE = 3e-3


class _Predicting(nn.Module):
    """Each view's prediction against the other's projection."""

    def __init__(self, predictor: HeadSpec, *, stop_gradient: bool, seed: int) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.predictor = predictor.build(64)
        self.stop_gradient = stop_gradient

    def forward(self, views: list[Tensor], rows: Tensor) -> Tensor:
        """Eq. 4."""
        first, second = views
        targets = [one.detach() if self.stop_gradient else one for one in (second, first)]
        losses = [NegativeCosine()(self.predictor(z), aim) for z, aim in zip((first, second), targets, strict=True)]
        return torch.stack(losses).mean()


def trial(setting: Setting, seed: int) -> Figures:
    """With both, without either, and without training, from the same weights."""
    data = labelled_images(DataSource(data="set:digits"))
    loop = ViewLoop(steps=_STEPS[setting], batch_size=64, learning_rate=_RATE)
    sides = {
        "method": (loop, _Predicting(PredictionHead(), stop_gradient=True, seed=seed)),
        "baseline": (loop, _Predicting(PredictionHead(), stop_gradient=False, seed=seed)),
        "no_predictor": (loop, _Predicting(NoHead(), stop_gradient=True, seed=seed)),
        "untrained": (ViewLoop(steps=0, batch_size=64), _Predicting(NoHead(), stop_gradient=True, seed=seed)),
    }
    return {side: learn_from_views(data.train, loss, one, seed).judged(data) for side, (one, loss) in sides.items()}
