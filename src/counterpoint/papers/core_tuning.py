"""Core-tuning: a pretrained encoder is tuned by cross-entropy, focal contrast and mixes of hard pairs."""

import copy

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

from counterpoint.data import named
from counterpoint.encoders import Encoder, ProjectionHead
from counterpoint.evaluation.class_geometry import class_spread
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import descend
from counterpoint.experiments.metric_learning import ClassImages, class_images
from counterpoint.experiments.small_contrast import SmallContrast, learn_contrast
from counterpoint.objectives import FocalContrastive, NTXent, SupCon
from counterpoint.pairs import hard_pair_mixes, told_apart
from counterpoint.pairs.batches import KnownRows, Shuffled
from counterpoint.views import light_images

paper = Paper(
    short="Core-tuning",
    title="Unleashing the Power of Contrastive Self-Supervised Visual Models via Contrast-Regularized Fine-Tuning",
    authors="Zhang, Hooi, Hu, Liang and Feng",
    year=2021,
    identifier="arXiv:2102.06605",
    wing=Wing.OBJECTIVES,
    implements="cross-entropy on features and mixed features, focal contrast with mixes of hard pairs (Section 4)",
    deviates="8 x 8 digits, a small residual network pretrained by SimCLR on all of them, and ten labelled images of "
    "each class. Mixed features are classified with mixed labels. The weight of either contrast is 1, temperatures are "
    "0.07 and the learning rate is one for all; nothing is tuned.",
)
claim = Claim(
    statement="Focal contrast with hard mixes tunes better than cross-entropy, with or without contrast.",
    checks=(
        Better(measure="accuracy", statement="Better than cross-entropy."),
        Better(measure="accuracy", than="contrast", statement="Better than cross-entropy and supervised contrast."),
        Better(measure="within_classes", lower=True, statement="Classes are tighter than by cross-entropy."),
        Better(measure="within_classes", than="contrast", lower=True, statement="And than with supervised contrast."),
    ),
    minutes=0.7,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 120, Setting.FULL: 20_000}
_PER_CLASS, _CLASSES, _TEMPERATURE = 10, 10, 0.07


def trial(setting: Setting, seed: int) -> Figures:
    """One pretrained encoder, tuned in three ways on the same few labels."""
    digits = named("digits")
    assert digits.test is not None
    train, test = class_images(digits.train), class_images(digits.test)
    view, steps = light_images((8, 8)), _STEPS[setting]
    plan = Shuffled().plan(KnownRows(n=len(train.images)), batch_size=64, seed=seed)
    loop = SmallContrast(views=(view, view), steps=steps)
    encoder = learn_contrast(train.images, NTXent(temperature=0.2), loop, plan, seed=seed)
    few = _few(train, seed)
    return {
        side: _Tuning(encoder, seed).tuned(way, few, test, steps, seed)
        for side, way in (("method", "core"), ("contrast", "supervised"), ("baseline", "plain"))
    }


def _few(train: ClassImages, seed: int) -> ClassImages:
    rng, labels = np.random.default_rng(seed), train.labels.numpy()
    rows = np.concatenate([rng.permutation(np.flatnonzero(labels == c))[:_PER_CLASS] for c in range(_CLASSES)])
    return ClassImages(train.images[rows], train.labels[rows])


class _Tuning(nn.Module):
    """A copy of the encoder with a fresh classifier and projection."""

    def __init__(self, encoder: Encoder, seed: int) -> None:
        super().__init__()
        self.encoder = copy.deepcopy(encoder)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.classifier = nn.Linear(encoder.embedding_dim, _CLASSES)
            self.head = ProjectionHead(out_dim=32, batch_norm=False).build(encoder.embedding_dim)

    def features(self, images: Tensor) -> Tensor:
        """`[N, D]`."""
        return self.encoder(self.encoder.collate(images))

    def tuned(self, way: str, few: ClassImages, test: ClassImages, steps: int, seed: int) -> dict[str, float]:
        """Accuracy on what is held out, and what share of the variance of features is within classes."""
        draw = torch.Generator().manual_seed(seed)

        def step(_: int) -> Tensor:
            rows = torch.randperm(len(few.images), generator=draw)[:64]
            return self._loss(way, self.features(few.images[rows]), few.labels[rows], draw)

        descend(self, step, steps=steps, learning_rate=1e-3)
        with torch.no_grad():
            features = self.features(test.images)
            accuracy = (self.classifier(features).argmax(1) == test.labels).float().mean()
            spread = class_spread(features.numpy(), test.labels.numpy())
        return {"accuracy": float(accuracy), "within_classes": spread.value}

    def _loss(self, way: str, features: Tensor, labels: Tensor, draw: torch.Generator) -> Tensor:
        plain = cross_entropy(self.classifier(features), labels)
        if way == "plain":
            return plain
        if way == "supervised":
            return plain + SupCon(temperature=_TEMPERATURE)(self.head(features), labels=labels)
        mixes = hard_pair_mixes(features, labels, generator=draw)
        pairs = told_apart(self.head(features), labels, mixes, self.head(mixes.rows))
        true = one_hot(labels, _CLASSES).float()
        mixed = torch.lerp(true[mixes.second], true[mixes.first], mixes.share[:, None])
        every = self.classifier(torch.cat([features, mixes.rows]))
        return cross_entropy(every, torch.cat([true, mixed])) + pairs.under(FocalContrastive(temperature=_TEMPERATURE))
