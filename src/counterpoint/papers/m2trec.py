"""M2TRec: items made of their attributes alone, and their categories guessed beside the next item."""

from collections import Counter
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from counterpoint.data.interactions import Interactions
from counterpoint.data.sets.interactions import InteractionSet
from counterpoint.encoders.sequences import DescribedItems
from counterpoint.evaluation.recommendation import Group
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.next_item import SequenceLearner, SequenceSettings
from counterpoint.experiments.recommend import ranking
from counterpoint.experiments.small_recommendation import beauty, beauty_attributes

paper = Paper(
    short="M2TRec",
    title="M2TRec: Metadata-aware Multi-task Transformer for Large-scale and Cold-start free Session-based "
    "Recommendations",
    authors="Shalaby, Oh, Afsharinejad, Kumar and Cui",
    year=2022,
    identifier="arXiv:2209.11824",
    wing=Wing.RECSYS,
    implements="items as a function of their metadata, a transformer over the session, and the sum of the losses of "
    "the next item, its category and its subcategory; against the same transformer with a vector for each item",
    deviates="In `small`, users of Amazon Beauty where every user and item has 8 reviews or more stand for "
    "sessions; the attributes are numbers without text, averaged and not concatenated, and a category and "
    "subcategory are the two of an item's attributes that most items have. The state after the last item stands "
    "for the session, not the mean of all. Unseen are a tenth of the items, taken out of training and of what is "
    "known at the test. All sides learn for 400 steps; nothing is tuned. "
    "With 803 items there is nothing to save on parameters, which are counted and not part of the claim.",
)
claim = Claim(
    statement="Items without identifiers are found though nobody had them, and categories make learning faster.",
    checks=(
        Better(measure="recall@20/unseen", statement="Items that training never saw are found."),
        Better(measure="recall@20/seen", by=-0.005, statement="Others about as well as by identifiers."),
        Better(measure="early", than="one task", statement="Categories bring more recall after a fifth of the steps."),
    ),
    minutes=3,
)
SETTINGS = {
    Setting.TINY: SequenceSettings(steps=5, dim=16, layers=1, batch=16),
    Setting.SMALL: SequenceSettings(steps=400, dim=32, layers=1, batch=64, longest=12, learning_rate=5e-3),
    Setting.FULL: SequenceSettings(steps=50_000, longest=50, batch=256),
}


class CategoryHeads(nn.Module):
    """Guesses category and subcategory of the next item from the state `[n, D]`.

    Args:
        attributes: Of every item.
        dim: D.
    """

    def __init__(self, attributes: list[np.ndarray], *, dim: int) -> None:
        super().__init__()
        common = Counter(number for one in attributes for number in one.tolist())
        ranked = [sorted(one.tolist(), key=lambda number: -common[number])[:2] for one in attributes]
        # An item with one attribute is its own subcategory, and one without any is in the category of none, 0.
        self.classes = torch.tensor([(one[0], one[-1]) if one else (0, 0) for one in ranked])
        self.heads = nn.ModuleList(nn.Linear(dim, int(self.classes.max()) + 1) for _ in range(2))

    def forward(self, states: Tensor, items: Tensor) -> Tensor:
        """The sum of both cross-entropies."""
        losses = [cross_entropy(head(states), self.classes[items, place]) for place, head in enumerate(self.heads)]
        return torch.stack(losses).sum()


def trial(setting: Setting, seed: int) -> Figures:
    """Both tasks, the next item alone, and a vector for each item."""
    whole, plan = beauty(setting), SETTINGS[setting]
    hidden = np.random.default_rng(seed).random(whole.train.shape[1]) < 0.1
    data = replace(whole, **{part: _without(getattr(whole, part), hidden) for part in ("train", "validation")})
    attributes = beauty_attributes(data)
    early = replace(plan, steps=plan.steps // 5)

    def learnt(settings: SequenceSettings, *, described: bool, tasks: bool) -> dict[str, float]:
        def make() -> nn.Module:
            return DescribedItems(attributes, dim=settings.dim)

        learner = SequenceLearner(data, settings, seed=seed, items=make if described else None)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            heads = CategoryHeads(attributes, dim=settings.dim) if tasks else None
        learner.learn(heads, heads=heads)
        return _judged(learner, whole, data, hidden)

    sides = {"method": (True, True), "one task": (True, False), "baseline": (False, False)}
    figures: dict[str, dict[str, float]] = {}
    for side, (described, tasks) in sides.items():
        figures[side] = learnt(plan, described=described, tasks=tasks)
        if described:
            figures[side]["early"] = learnt(early, described=described, tasks=tasks)["recall@20"]
    return figures


def _without(part: Interactions, hidden: np.ndarray) -> Interactions:
    return part.only(~hidden[part.items])


def _judged(
    learner: SequenceLearner, whole: InteractionSet, data: InteractionSet, hidden: np.ndarray
) -> dict[str, float]:
    everyone = np.ones(whole.train.shape[0], dtype=bool)
    groups = (Group("unseen", everyone, hidden), Group("seen", everyone, ~hidden))
    found = ranking(learner.vectors(data.known), whole.known, whole.test, groups=groups)
    return {**found, "parameters": float(sum(one.numel() for one in learner.encoder.parameters()))}
