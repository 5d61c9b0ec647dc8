"""What a run knows of its items beside who took them: their features, and which of them nobody took."""

from dataclasses import dataclass, replace

import numpy as np

from counterpoint.data.interactions import Interactions
from counterpoint.experiments.feature_columns import FeatureColumn
from counterpoint.experiments.recommender.feature_space import Affine


@dataclass(frozen=True, kw_only=True, eq=False)
class Features:
    """Features of items, by the numbers of the interactions.

    Attributes:
        rows: float32 `[I, R]`, as :func:`fit_space` made them; zeros for items without a row in the file, which is the
            mean of all.
        there: bool `[I]`, an item has a row.
        columns: How the file was read.
        space: From what was read to ``rows``.
    """

    rows: np.ndarray
    there: np.ndarray
    columns: tuple[FeatureColumn, ...]
    space: Affine


@dataclass(frozen=True, kw_only=True, eq=False)
class KnownItems:
    """Items of a run.

    Attributes:
        features: Theirs; None without a file of them.
        new: bool `[I]`, nobody took an item in what is learnt from.
        held: Who took the items that were taken out whole; neither learnt from nor in the split.
    """

    features: Features | None
    new: np.ndarray
    held: Interactions


def joined(one: Interactions, other: Interactions) -> Interactions:
    """Both parts of the same users and items, sorted by user."""
    users, items = np.concatenate([one.users, other.users]), np.concatenate([one.items, other.items])
    order = np.argsort(users, kind="stable")
    return replace(one, users=users[order], items=items[order], notes=())
