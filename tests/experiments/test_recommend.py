import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.interactions import Interactions
from counterpoint.data.sets.interactions import InteractionSet
from counterpoint.experiments.recommend import (
    NegativeItems,
    RecommenderSettings,
    epoch_of_triples,
    judged,
    train_recommender,
)
from counterpoint.methods.graph_contrast import CrossLayer, NoContrast

SETTINGS = RecommenderSettings(dim=8, layers=2, epochs=15, batch=64, learning_rate=0.05)
PARTS = {"citation": "nobody", "licence": "none"}


def blocks(seed=0):
    """Twenty users of two tastes, who each took six of the ten items to their taste."""
    rng = np.random.default_rng(seed)
    users = np.repeat(np.arange(20), 6)
    items = np.concatenate([10 * (u % 2) + np.sort(rng.permutation(10)[:6]) for u in range(20)])
    return Interactions(users=users, items=items, user_names=range(20), item_names=range(20))


def test_drawn_items_are_even_and_never_taken():
    taken = blocks()
    draw = NegativeItems(taken)
    rng = np.random.default_rng(0)
    found = draw(np.zeros(20_000, dtype=np.int64), rng)
    own = taken.items[taken.users == 0]
    assert not np.isin(found, own).any()
    shares = np.bincount(found, minlength=20)[np.setdiff1d(np.arange(20), own)] / 20_000
    np.testing.assert_allclose(shares, 1 / 14, atol=0.01)


def test_an_epoch_sees_every_interaction_once():
    taken = blocks()
    batches = list(epoch_of_triples(taken, 50, np.random.default_rng(0), NegativeItems(taken)))
    assert [len(users) for users, _, _ in batches] == [40, 40, 40]
    seen = sorted((int(u), int(i)) for users, items, _ in batches for u, i in zip(users, items, strict=True))
    assert seen == sorted(zip(taken.users.tolist(), taken.items.tolist(), strict=True))


def test_who_took_everything_is_named():
    everything = Interactions(
        users=np.zeros(3, dtype=np.int64), items=np.arange(3), user_names=["ann"], item_names=range(3)
    )
    with pytest.raises(InputError, match="user 'ann' took all 3 items"):
        NegativeItems(everything)


def split():
    whole = blocks()
    place = np.arange(len(whole)) - whole.starts[whole.users]
    parts = (whole.only(place < 4), whole.only(place == 4), whole.only(place == 5))
    return InteractionSet(name="blocks", **dict(zip(("train", "validation", "test"), parts, strict=True)), **PARTS)


@pytest.mark.parametrize("contrast", [NoContrast(), CrossLayer(weight=0.02, noise=0.05)], ids=["ranking", "contrast"])
def test_tastes_are_learnt_and_the_best_epoch_is_kept(contrast):
    data = split()
    (users, items), epoch = train_recommender(data, contrast, SETTINGS, seed=0)
    scores = users @ items.T
    scores[data.train.users, data.train.items] = -np.inf
    best = scores.argsort(1)[:, -4:]
    assert (best // 10 == np.arange(20)[:, None] % 2).mean() > 0.95
    (again, _), same = train_recommender(data, contrast, SETTINGS, seed=0)
    assert (again == users).all()
    assert epoch == same
    assert epoch in (5, 10, 15)


def test_what_was_known_before_the_test_is_not_recommended():
    data = split()
    found = judged(data, NoContrast(), SETTINGS, seed=0)
    assert found["recall@10"] == 1.0  # at most five items of one's taste are left, and ten places
    assert set(found) >= {"recall@20", "ndcg@20", "recall@20/tail", "uniformity", "epoch"}
    assert len(data.known) == len(data.train) + len(data.validation)
    assert (np.diff(data.known.users) >= 0).all()
