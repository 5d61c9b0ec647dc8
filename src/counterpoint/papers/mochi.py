"""MoCHi: hard negatives mixed in embedding space, each for one query, beside a queue of keys."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.queue_loss import AgainstQueue
from counterpoint.experiments.source import DataSource
from counterpoint.experiments.view_loop import LabelledImages, ViewLoop, labelled_images, learn_from_views
from counterpoint.objectives import InfoNCE
from counterpoint.pairs import Pairs, hard_negative_mixes, with_own_negatives
from counterpoint.views import light_images

paper = Paper(
    short="MoCHi",
    title="Hard Negative Mixing for Contrastive Learning",
    authors="Kalantidis, Sariyildiz, Pion, Weinzaepfel and Larlus",
    year=2020,
    identifier="arXiv:2010.01028",
    wing=Wing.PAIRS,
    implements="mixes of the hardest negatives, and of the query with them, beside a queue: Sections 4.1 and 4.2",
    deviates="Fashion images and a small residual network in place of ImageNet-100. Keys come from the encoder itself, "
    "without a gradient, in place of a slow teacher. Of a queue of 1,024 the 64 hardest are mixed, 16 times with "
    "each other and 8 times with the query. Nothing is tuned.",
)
claim = Claim(
    statement="Mixed negatives are harder than what they are made of, and give better features, spread more evenly.",
    checks=(
        Within(measure="harder", above=0.0, statement="Mixes are more similar to the query than their sources."),
        Better(measure="proxy_accuracy", lower=True, statement="The proxy task is harder: fewer keys come first."),
        Better(measure="uniformity", lower=True, statement="Embeddings are spread more evenly."),
        Better(measure="knn_accuracy", statement="Features are better."),
    ),
    minutes=3,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 300, Setting.FULL: 100_000}
_DIM, _SIZE, _HARDEST, _MIXES, _WITH_QUERY = 64, 1024, 64, 16, 8


def trial(setting: Setting, seed: int) -> Figures:
    """The same encoder with mixed negatives and without."""
    data = labelled_images(DataSource(data="set:fashion_mnist_partial"))
    return {
        "method": _learnt(data, _Mixing(seed, mixed=True), setting, seed),
        "baseline": _learnt(data, _Mixing(seed, mixed=False), setting, seed),
    }


@dataclass
class _Mixing:
    """The pairs of every step, and what was seen of them on the way."""

    seed: int
    mixed: bool
    first: list[float] = field(default_factory=list)
    harder: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.generator = torch.Generator().manual_seed(self.seed)

    def __call__(self, query: Tensor, key: Tensor, negatives: Tensor) -> Pairs:
        own = query.new_zeros(len(query), 0, _DIM)
        if self.mixed:
            own = hard_negative_mixes(
                query, negatives, hardest=_HARDEST, mixes=_MIXES, anchor_mixes=_WITH_QUERY, generator=self.generator
            )
        self._look(query.detach(), key, negatives, own)
        return with_own_negatives(query, key, own, negatives=negatives, in_batch=False)

    def _look(self, q: Tensor, k: Tensor, n: Tensor, own: Tensor) -> None:
        """How many keys are nearer than all negatives; how much nearer mixes are than the hardest on average."""
        rivals = torch.cat([q @ n.T, torch.einsum("nd,nhd->nh", q, own)], 1)
        self.first.append(float(((q * k).sum(1) > rivals.amax(1)).float().mean()))
        if self.mixed:
            source = (q @ n.T).topk(_HARDEST, dim=1).values.mean()
            self.harder.append(float(rivals[:, len(n) :].mean() - source))


def _learnt(data: LabelledImages, mixing: _Mixing, setting: Setting, seed: int) -> dict[str, float]:
    view = light_images((28, 28))
    loss = AgainstQueue(mixing, InfoNCE(temperature=0.2), size=_SIZE, dim=_DIM, seed=seed)
    loop = ViewLoop(steps=_STEPS[setting], batch_size=64, views=(view, view))
    figures = learn_from_views(data.train, loss, loop, seed).judged(data)
    later = mixing.first[len(mixing.first) // 2 :]
    figures["proxy_accuracy"] = sum(later) / len(later)
    return figures | ({"harder": min(mixing.harder)} if mixing.mixed else {})
