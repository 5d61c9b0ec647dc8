"""Made interactions with items of two modalities, which share some of what users care for and have some each."""

from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.interactions import Interactions, Split, hold_out


@dataclass(frozen=True, kw_only=True)
class MadeTastes:
    """What was made, and what it was made of.

    Attributes:
        split: Who took what.
        features: Of items, two arrays `[I, F]`.
        shared: Factors that both modalities show, `[I, K]`.
        unique: Those that only one shows, two arrays `[I, K]`.
    """

    split: Split
    features: tuple[np.ndarray, np.ndarray]
    shared: np.ndarray
    unique: tuple[np.ndarray, np.ndarray]


def made_tastes(
    *,
    users: int,
    items: int,
    taken: int,
    factors: int = 4,
    width: int = 32,
    noise: float = 1.0,
    seed: int,
) -> MadeTastes:
    """Users who take the items that fit their tastes best, but for chance.

    Formula: item i has factors ``s_i``, ``v_i`` and ``t_i`` and user u weights for all of them, all standard normal;
    u takes the items with the largest ``<w_u, [s_i, v_i, t_i]> / sqrt(3 K) * 3 + Gumbel noise``. Modalities are
    ``[s_i, v_i] A + noise`` and ``[s_i, t_i] B + noise``. A fifth of what each user took is for the test, and an
    eighth of the rest to validate.

    Args:
        users: U.
        items: I.
        taken: Items of a user, 10 or more.
        factors: K of each kind.
        width: F of a modality.
        noise: Standard deviation beside that of a feature's signal, 1.
        seed: Of everything.

    Raises:
        InputError: There are too few items, or a size is below 1.
    """
    if not 10 <= taken < items:
        raise InputError(f"taken must lie in 10..{items - 1}, one less than there are items, got {taken}")
    if min(users, factors, width) < 1:
        raise InputError(f"users, factors and width must be at least 1, got {users}, {factors} and {width}")
    rng = np.random.default_rng(seed)
    shared, *unique = rng.standard_normal((3, items, factors))
    tastes = rng.standard_normal((users, 3 * factors))
    fit = tastes @ np.concatenate([shared, *unique], axis=1).T * (3 / (3 * factors) ** 0.5)
    best = np.argpartition(-(fit + rng.gumbel(size=fit.shape)), taken, axis=1)[:, :taken]
    features = []
    for own in unique:
        signal = np.concatenate([shared, own], axis=1) @ rng.standard_normal((2 * factors, width))
        features.append(signal / (2 * factors) ** 0.5 + noise * rng.standard_normal(signal.shape))
    whole = Interactions(
        users=np.repeat(np.arange(users), taken),
        items=np.sort(best, axis=1).ravel(),
        user_names=range(users),
        item_names=range(items),
    )
    known, test = hold_out(whole, 0.2, seed=seed)
    train, validation = hold_out(known, 0.125, seed=seed)
    split = Split(train=train, validation=validation, test=test)
    return MadeTastes(split=split, features=(features[0], features[1]), shared=shared, unique=(unique[0], unique[1]))
