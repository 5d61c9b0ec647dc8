import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.interactions import Interactions, Split, leave_last_out
from counterpoint.experiments.click_model import ClickSettings, QuantisedSettings, click_figures
from counterpoint.experiments.next_item import SequenceLearner, SequenceSettings, sequences_of
from counterpoint.experiments.recommend import ranking
from counterpoint.methods.sequence_contrast import MetaAugmentation

SETTINGS = SequenceSettings(steps=60, dim=16, layers=1, batch=32, longest=6, learning_rate=0.01, dropout=0.0)


def circles(users=60, items=12, each=6, seed=0):
    """Everybody goes round the same circle, from another item on."""
    rng = np.random.default_rng(seed)
    taken = (rng.integers(items, size=(users, 1)) + np.arange(each)) % items
    whole = Interactions(
        users=np.repeat(np.arange(users), each), items=taken.ravel(), user_names=range(users), item_names=range(items)
    )
    return Split(**dict(zip(("train", "validation", "test"), leave_last_out(whole), strict=True)))


def test_the_next_item_is_learnt_and_a_seed_gives_the_same_again():
    data = circles()
    for contrast in (None, MetaAugmentation(weight=0.01, meta_weight=0.01)):
        learner = SequenceLearner(data, SETTINGS, seed=1, contrast=contrast)
        learner.learn()
        users, items = learner.vectors(data.known)
        assert ranking((users, items), data.known, data.test, groups=())["ndcg@10"] > 0.9
        assert contrast is None or -1 <= learner.alike() <= 1
    again = SequenceLearner(data, SETTINGS, seed=1, contrast=contrast)
    again.learn()
    assert (again.vectors(data.known)[0] == users).all()


def test_augmenters_learn_in_their_own_step():
    learner = SequenceLearner(circles(), SETTINGS, seed=0, contrast=MetaAugmentation())
    before = [one.detach().clone() for one in learner.augmenters.parameters()]
    learner.learn()
    assert all((one != old).any() for one, old in zip(learner.augmenters.parameters(), before, strict=True))


def ones(users: int, longer: int) -> Split:
    """Users with one item each, but for some with two."""
    rows = [(user, item) for user in range(users) for item in range(1 + (user < longer))]
    whole = Interactions(
        users=np.array([user for user, _ in rows]),
        items=np.array([item for _, item in rows]),
        user_names=range(users),
        item_names=range(2),
    )
    nothing = whole.only(np.zeros(len(whole), dtype=bool))
    return Split(train=whole, validation=nothing, test=nothing)


def test_sequences_of_one_item_are_left_out_with_a_count():
    assert SequenceLearner(ones(9, longer=2), SETTINGS, seed=0).left_out == 7
    with pytest.raises(InputError, match="none of 9 sequences has two items"):
        SequenceLearner(ones(9, longer=0), SETTINGS, seed=0)


def test_sequences_are_those_of_every_user_in_order():
    whole = circles(users=3).known
    assert [one.tolist() for one in sequences_of(whole)] == whole.items.reshape(3, 5).tolist()


def test_clicks_of_two_tastes_are_guessed():
    rng = np.random.default_rng(0)
    users, each = 80, 6
    taken = np.array([2 * rng.permutation(10)[:each] + user % 2 for user in range(users)])
    whole = Interactions(
        users=np.repeat(np.arange(users), each), items=taken.ravel(), user_names=range(users), item_names=range(20)
    )
    data = Split(**dict(zip(("train", "validation", "test"), leave_last_out(whole), strict=True)))
    settings = ClickSettings(steps=120, dim=8, batch=64, learning_rate=0.02)
    for contrast in (None, QuantisedSettings(weight=0.01, codes=4)):
        found = click_figures(data, settings, contrast, seed=0)
        assert found["auc"] > 0.7
        assert found == click_figures(data, settings, contrast, seed=0)
