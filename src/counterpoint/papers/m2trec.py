"""M2TRec: items made of their attributes alone, and their categories guessed beside the next item."""

from collections import Counter

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from counterpoint.data.interactions import Split
from counterpoint.data.planted_sessions import planted_sessions
from counterpoint.encoders.sequences import DescribedItems, LearntItems
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.next_item import SequenceSettings
from counterpoint.experiments.small_recommendation import beauty, beauty_attributes
from counterpoint.experiments.unseen_items import Unseen, UnseenLearner

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
    deviates="Attributes are numbers without text, averaged and not concatenated, and the state after the last item "
    "stands for the session, not the mean of all. Unseen are a tenth of the items, taken out of training, where they "
    "are no candidates either, and of what is known at the test; the vectors that stand for identifiers are as drawn "
    "there. Made data are 1,000 sessions of 5 to 10 of 400 items: each item has a category, a subcategory, a brand and "
    "three tags, a subcategory has two that usually follow it, a session has a brand and tags that it prefers, and "
    "nothing but these says what comes next. In `small`, users of Amazon Beauty where every user and item has 8 "
    "reviews or more stand for sessions as well; a category and subcategory are there the two of an item's attributes "
    "that most items have. All sides learn for 400 steps at 0.005. Epochs are 16 steps on made data. "
    "With so few items there is nothing to save on parameters, which are counted and not part of the claim.",
)
_MADE, _REAL = "made data", "Amazon Beauty"
claim = Claim(
    statement="Items without identifiers are found though nobody had them, and categories make learning faster.",
    checks=(
        Better(
            measure="made/recall@20/unseen",
            by=0.1,
            statement="Items that training never saw are found, far more often than by identifiers.",
            on=_MADE,
        ),
        Better(measure="made/recall@20/seen", by=-0.005, statement="Others about as well as by identifiers.", on=_MADE),
        Better(
            measure="made/epochs",
            than="one task",
            lower=True,
            statement="With categories a recall of 0.2 is reached in fewer epochs.",
            on=_MADE,
        ),
        Better(measure="recall@20/unseen", statement="Items that training never saw are found.", on=_REAL),
        Better(measure="recall@20/seen", by=-0.005, statement="Others about as well as by identifiers.", on=_REAL),
        Better(
            measure="early",
            than="one task",
            statement="Categories bring more recall after a fifth of the steps.",
            on=_REAL,
        ),
    ),
    minutes=20,
    seeds=10,
)
SETTINGS = {
    Setting.TINY: SequenceSettings(steps=5, dim=16, layers=1, batch=16),
    Setting.SMALL: SequenceSettings(steps=400, dim=32, layers=1, batch=64, longest=12, learning_rate=5e-3),
    Setting.FULL: SequenceSettings(steps=50_000, longest=50, batch=256),
}
MADE_SIZES = {Setting.TINY: (60, 100), Setting.SMALL: (1000, 400), Setting.FULL: (200_000, 40_000)}
"""Sessions and items."""
SIDES = {"method": (True, True), "one task": (True, False), "baseline": (False, False)}
"""Whether items are made of attributes, and whether categories are guessed."""
REACHED = 0.2
"""Recall@20 until which steps are counted."""
LOOKS = 25
"""At the recall while learning."""


class CategoryHeads(nn.Module):
    """Guesses category and subcategory of the next item from the state `[n, D]`.

    Args:
        classes: Both of every item, int64 `[I, 2]`.
        dim: D.
    """

    def __init__(self, classes: np.ndarray, *, dim: int) -> None:
        super().__init__()
        self.classes = torch.from_numpy(classes)
        self.heads = nn.ModuleList(nn.Linear(dim, int(classes.max()) + 1) for _ in range(2))

    def forward(self, states: Tensor, items: Tensor) -> Tensor:
        """The sum of both cross-entropies."""
        losses = [cross_entropy(head(states), self.classes[items, place]) for place, head in enumerate(self.heads)]
        return torch.stack(losses).sum()


def trial(setting: Setting, seed: int) -> Figures:
    """Every side on both data; measures of made sessions begin with ``made/``."""
    data, (sessions, items) = beauty(setting), MADE_SIZES[setting]
    attributes = beauty_attributes(data)
    shop = planted_sessions(sessions=sessions, items=items, seed=seed)
    real = compared(data, attributes, _commonest(attributes), SETTINGS[setting], seed=seed)
    made = compared(shop.split, shop.attributes, shop.classes, SETTINGS[setting], seed=seed)
    return {side: real[side] | {f"made/{name}": value for name, value in made[side].items()} for side in SIDES}


def compared(
    data: Split, attributes: list[np.ndarray], classes: np.ndarray, settings: SequenceSettings, *, seed: int
) -> dict[str, dict[str, float]]:
    """Every side on one set of sequences.

    Args:
        data: Of which a tenth of the items is taken out.
        attributes: Of every item.
        classes: Category and subcategory of every item, int64 `[I, 2]`.
        settings: Of all sides.
        seed: Of what is taken out, weights and batches.

    Returns:
        Of every side recall and nDCG in the end, for all, ``unseen`` and ``seen`` items, ``early``, recall@20 after a
        fifth of the steps, ``epochs`` until it was 0.2 (one look more than there are if it never was), and
        ``parameters``.
    """
    unseen, dim, figures = Unseen(data, seed=seed), settings.dim, dict[str, dict[str, float]]()
    told = [attributes[item] for item in unseen.order]
    look = max(1, settings.steps // LOOKS)
    for side, (described, tasks) in SIDES.items():

        def made(described: bool = described) -> nn.Module:
            return DescribedItems(told, dim=dim) if described else LearntItems(len(told), dim=dim)

        learner = UnseenLearner(unseen, settings, seed=seed, items=made, look=look)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            heads = CategoryHeads(classes[unseen.order], dim=dim) if tasks else None
        learner.learn(heads)
        found = learner.judged()
        recalls = [*learner.recalls, found["recall@20"]]
        reached = [place for place, recall in enumerate(recalls) if recall >= REACHED]
        figures[side] = found | {
            "early": recalls[settings.steps // 5 // look],
            "epochs": (reached[0] if reached else len(recalls)) * look * settings.batch / data.train.shape[0],
            "parameters": float(sum(one.numel() for one in learner.learner.encoder.parameters())),
        }
    return figures


def _commonest(attributes: list[np.ndarray]) -> np.ndarray:
    """The two of an item's attributes that most items have.

    An item with one attribute is its own subcategory, and one without any is in the category of none, 0.
    """
    common = Counter(number for one in attributes for number in one.tolist())
    ranked = [sorted(one.tolist(), key=lambda number: -common[number])[:2] for one in attributes]
    return np.array([(one[0], one[-1]) if one else (0, 0) for one in ranked])
