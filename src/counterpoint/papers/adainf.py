"""AdaInf: the more generated images there are, the weaker the best augmentation."""

import numpy as np
import torch
from torch import Tensor

from counterpoint.data import named
from counterpoint.evaluation import knn_accuracy
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.metric_learning import ClassImages, class_images
from counterpoint.experiments.small_contrast import SmallContrast, learn_contrast
from counterpoint.objectives import NTXent
from counterpoint.pairs.batches import KnownRows, Shuffled
from counterpoint.views import Compose, RandomResizedCrop, Translate

paper = Paper(
    short="AdaInf",
    title="Do Generated Data Always Help Contrastive Learning?",
    authors="Wang, Zhang and Wang",
    year=2024,
    identifier="arXiv:2403.12448",
    wing=Wing.PAIRS,
    implements="real images repeated beside generated ones, with weak and strong views (adaptive inflation)",
    deviates="300 digits of 8 x 8 as real images; the generator draws from a Gaussian kernel around each of them in 16 "
    "principal components, nine images for each; real ones are repeated three times. Strength is the least area of "
    "crops: 0.7 or 0.2. Judged by nearest neighbours of held-out digits among real ones.",
)
claim = Claim(
    statement="Generated images want weaker augmentation: with them weak views gain on strong ones.",
    checks=(
        Better(measure="gain_of_weak", statement="Weak views gain more over strong ones with generated images."),
        Better(
            measure="knn_accuracy",
            than="inflated_strong",
            statement="With generated images, weak views and repeated real ones beat strong views without repeats.",
        ),
        Better(measure="knn_accuracy", than="real_strong", statement="And they beat real images alone."),
    ),
    minutes=0.7,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 150, Setting.FULL: 20_000}
_REAL, _TIMES, _REPEATED = 300, 9, 3
_WEAK, _STRONG = 0.7, 0.2


def trial(setting: Setting, seed: int) -> Figures:
    """The same contrast for the same steps over strengths and training sets."""
    digits = named("digits")
    assert digits.test is not None
    chosen = np.random.default_rng(seed).permutation(len(digits.train))[:_REAL]
    real, test = class_images(digits.train, chosen), class_images(digits.test)
    made = _generated(real.images, seed)
    sets = {
        "real": real.images,
        "inflated": torch.cat([real.images, made]),
        "weighted": torch.cat([real.images] * _REPEATED + [made]),
    }
    found = {
        (name, least): _accuracy(images, real, test, least, _STEPS[setting], seed)
        for name, images in sets.items()
        for least in (_WEAK, _STRONG)
    }
    return {
        "method": {
            "knn_accuracy": found["weighted", _WEAK],
            "gain_of_weak": found["inflated", _WEAK] - found["inflated", _STRONG],
        },
        "baseline": {"gain_of_weak": found["real", _WEAK] - found["real", _STRONG]},
        **{
            f"{name}_{word}": {"knn_accuracy": found[name, least]}
            for name in sets
            for word, least in (("weak", _WEAK), ("strong", _STRONG))
        },
    }


def _generated(images: Tensor, seed: int) -> Tensor:
    """Nine draws around every real image, in the directions in which real images vary most."""
    flat = images.flatten(1)
    centre, draw = flat.mean(0), torch.Generator().manual_seed(seed)
    _, scale, rows = torch.linalg.svd(flat - centre, full_matrices=False)
    directions, spread = rows[:16].T, scale[:16] / len(flat) ** 0.5
    codes = (flat - centre) @ directions
    noise = 0.4 * torch.randn(_TIMES, *codes.shape, generator=draw) * spread
    drawn = centre + (codes + noise).flatten(0, 1) @ directions.T
    return drawn.clamp(0, 1).view(-1, *images.shape[1:])


def _accuracy(images: Tensor, real: ClassImages, test: ClassImages, least: float, steps: int, seed: int) -> float:
    view = Compose(views=(Translate(fraction=0.1), RandomResizedCrop(size=(8, 8), scale=(least, 1.0))))
    plan = Shuffled().plan(KnownRows(n=len(images)), batch_size=64, seed=seed)
    loop = SmallContrast(views=(view, view), steps=steps)
    encoder = learn_contrast(images, NTXent(temperature=0.2), loop, plan, seed=seed)
    z, z_test = encoder.encode(real.images), encoder.encode(test.images)
    return knn_accuracy(z, real.labels.numpy(), z_test, test.labels.numpy(), k=5).value
