"""Interactions split anew, and interactions that are nothing but chance among those to learn from."""

from dataclasses import replace

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.interactions import Split, hold_out


def split_anew(data: Split, *, test: float, validation: float, seed: int) -> Split:
    """The same interactions in parts of other sizes.

    Args:
        data: In any parts.
        test: Share of a user's items for the test.
        validation: Share of the rest to validate.
        seed: Of what is drawn.

    Raises:
        InputError: A share does not lie between 0 and 1.
    """
    parts = data.known, data.test
    users, items = (np.concatenate([getattr(part, name) for part in parts]) for name in ("users", "items"))
    order = np.lexsort((items, users))
    rest, tested = hold_out(replace(data.known, users=users[order], items=items[order]), test, seed=seed)
    train, validated = hold_out(rest, validation, seed=seed)
    return Split(train=train, validation=validated, test=tested)


def with_chance(data: Split, share: float, *, seed: int) -> Split:
    """With further pairs of a user and an item to learn from, drawn evenly among those that are in no part.

    Args:
        data: Stays as it is but for ``train``.
        share: How many are added, of those in ``train``.
        seed: Of what is drawn.

    Raises:
        InputError: There are not so many pairs.
    """
    train, count = data.train, data.train.shape[1]
    taken = np.concatenate([part.users * count + part.items for part in (train, data.validation, data.test)])
    free = np.setdiff1d(np.arange(train.shape[0] * count), taken)
    more = round(share * len(train))
    if not 0 <= more <= len(free):
        raise InputError(f"share must lie between 0 and {len(free) / len(train):.3g}, got {share}")
    added = np.random.default_rng(seed).choice(free, size=more, replace=False)
    users, items = np.divmod(np.sort(np.concatenate([train.users * count + train.items, added])), count)
    return replace(data, train=replace(train, users=users, items=items, notes=()))
