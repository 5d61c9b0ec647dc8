"""GenView: positives that a generator made, weighed by how well they kept the object."""

import torch
from torch import Tensor, nn

from counterpoint.evaluation import knn_accuracy
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.experiments.small_digits import digits
from counterpoint.objectives import InfoNCE
from counterpoint.pairs import quality_weights, view_quality

paper = Paper(
    short="GenView",
    title="GenView: Enhancing View Quality with Pretrained Generative Model for Self-Supervised Learning",
    authors="Li, Zhang, Zhang, Liu, Wang, Peng and Ye",
    year=2024,
    identifier="arXiv:2403.12003",
    wing=Wing.PAIRS,
    implements="InfoNCE weighed by foreground less background similarity of the two views, a softmax over the batch "
    "(Section 3.3), with positives that are generated",
    deviates="8 x 8 digits on textures of smooth noise stand in for photographs. A toy generator draws the object "
    "again a little moved, on a new texture, and draws another object in three of ten cases; its noise is not adapted "
    "to the object's size. A token of the frozen encoder is the brightness around a place, in a dimension of that "
    "place, and brightness is the direction to the foreground, in place of a first component. A perceptron learns; "
    "sharpness is 4 where the public code has 1 with another encoder. Nothing is tuned.",
)
claim = Claim(
    statement="Generated positives help, and more when those that lost the object count less.",
    checks=(
        Within(measure="failed_weight", below=0.9, statement="Failed views weigh less than others on average."),
        Better(measure="knn_accuracy", than="unweighted", statement="Weights help with generated views."),
        Better(measure="knn_accuracy", statement="Better than augmentation alone."),
    ),
    minutes=0.5,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 400, Setting.FULL: 50_000}
_FAILED, _BATCH, _SIDE, _SHARPNESS = 0.3, 128, 8, 4.0
_GROUND = 0.4
"""How bright textures are at most."""


def trial(setting: Setting, seed: int) -> Figures:
    """The same encoder and batches with generated positives, weighed or not, and with changed copies alone."""
    return {
        "method": _learnt(setting, seed, generated=True, sharpness=_SHARPNESS),
        "unweighted": _learnt(setting, seed, generated=True, sharpness=0.0),
        "baseline": _learnt(setting, seed, generated=False, sharpness=0.0),
    }


def _texture(count: int, draw: torch.Generator) -> Tensor:
    """Smooth noise `[N, 8, 8]` from 0 to 0.4."""
    coarse = torch.rand(count, 1, 3, 3, generator=draw)
    return _GROUND * nn.functional.interpolate(coarse, size=(_SIDE, _SIDE), mode="bilinear")[:, 0]


def _placed(objects: Tensor, texture: Tensor, draw: torch.Generator) -> Tensor:
    """Objects `[N, 8, 8]` in front of textures, with a little noise."""
    noise = 0.05 * torch.randn(objects.shape, generator=draw)
    return torch.maximum(objects, texture) + noise


def _objects(rows: Tensor) -> Tensor:
    return ((rows + 1) / 2).unflatten(1, (_SIDE, _SIDE))


class _Pictures:
    """A training set of objects on textures, and both ways to a positive."""

    def __init__(self, seed: int) -> None:
        self.draw = torch.Generator().manual_seed(seed)
        part = digits("train")
        self.views = torch.stack([_objects(view) for view in part.views])
        self.textures = _texture(len(part.rows), self.draw)

    def batch(self, *, generated: bool) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures, their positives, and which of these failed, bool `[N]`."""
        rows = torch.randperm(len(self.textures), generator=self.draw)[:_BATCH]
        first, second = torch.randperm(len(self.views), generator=self.draw)[:2]
        failed = torch.rand(len(rows), generator=self.draw) < (_FAILED if generated else 0.0)
        other = torch.randint(len(self.textures), (len(rows),), generator=self.draw)
        shown = torch.where(failed, other, rows)
        ground = _texture(len(rows), self.draw) if generated else self.textures[rows]
        anchor = _placed(self.views[first, rows], self.textures[rows], self.draw)
        return anchor, _placed(self.views[second, shown], ground, self.draw), failed


def _quality(first: Tensor, second: Tensor) -> Tensor:
    """Of pairs of pictures, `[N]`: what a frozen encoder sees of a place is how bright it is, and where."""
    sides = [torch.diag_embed(nn.functional.avg_pool2d(p[:, None], 3, 1, 1).flatten(1)) for p in (first, second)]
    return view_quality(sides[0], sides[1], torch.ones(_SIDE**2))


def _learnt(setting: Setting, seed: int, *, generated: bool, sharpness: float) -> dict[str, float]:
    pictures, weighed = _Pictures(seed), []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = nn.Sequential(nn.Linear(_SIDE**2, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 32))

    def step(_: int) -> Tensor:
        anchor, positive, failed = pictures.batch(generated=generated)
        weights = quality_weights(_quality(anchor, positive), sharpness=sharpness)
        if bool(failed.any()):
            weighed.append(float(weights[failed].mean() / weights[~failed].mean()))
        first, second = encoder(torch.cat([anchor, positive]).flatten(1)).chunk(2)
        return InfoNCE(temperature=0.2)(first, second, weights=weights)

    descend(encoder, step, steps=_STEPS[setting], learning_rate=3e-3)
    figures = {"knn_accuracy": _accuracy(encoder, seed)}
    return figures | ({"failed_weight": sum(weighed) / len(weighed)} if weighed else {})


def _accuracy(encoder: nn.Module, seed: int) -> float:
    """Of nearest neighbours among pictures of objects on textures that were never seen."""
    draw, embedded = torch.Generator().manual_seed(1_000 + seed), []
    for part in (digits("train"), digits("test")):
        shown = _placed(_objects(part.rows), _texture(len(part.rows), draw), draw)
        with torch.no_grad():
            embedded.append(encoder(shown.flatten(1)).numpy())
    return knn_accuracy(embedded[0], digits("train").labels, embedded[1], digits("test").labels).value
