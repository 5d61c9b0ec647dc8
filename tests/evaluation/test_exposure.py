"""What is recommended at all, against lists made by hand."""

import numpy as np
import pytest
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.evaluation.exposure import exposure, gini
from counterpoint.evaluation.recommendation import popularity_scores

FEW = Bootstrap(resamples=50)


def values(found):
    return {one.name: one.value for one in found}


def by_hand(score, train, users, k):
    """The three numbers, one list at a time, and the Gini index as mean absolute difference."""
    popular = train.sum(0)
    head = set(sorted(range(len(popular)), key=lambda item: (-popular[item], item))[: round(0.2 * len(popular))])
    lists = []
    for user in users:
        new = [item for item in range(len(popular)) if not train[user, item]]
        lists.append(sorted(new, key=lambda item: (-score[user, item], item))[:k])
    counts = np.bincount(np.concatenate(lists), minlength=len(popular))
    apart = np.abs(counts[:, None] - counts[None]).mean()
    return {
        f"head_share@{k}": np.mean([np.mean([item in head for item in own]) for own in lists if own]),
        f"coverage@{k}": np.mean(counts > 0),
        f"gini@{k}": apart / (2 * counts.mean()),
    }


@pytest.mark.parametrize("k", [1, 4])
def test_shares_equal_lists_made_by_hand(k):
    rng = np.random.default_rng(0)
    train = rng.random((12, 15)) < np.linspace(0.7, 0.05, 15)
    train[3, 1:14] = True  # two items are left, where four are asked for, and one of them is of the head
    train[3, 0] = False
    score, users = rng.normal(size=train.shape), np.array([0, 3, 4, 7, 11])
    found = exposure(lambda rows: score[rows], sparse.csr_array(train), users, k=k, bootstrap=FEW)
    assert values(found) == pytest.approx(by_hand(score, train, users, k))
    assert [one.greater_is_better for one in found] == [False, True, False]
    assert all(one.low <= one.value <= one.high for one in found)


def test_popularity_recommends_the_head_and_personal_lists_the_whole_catalogue():
    train = np.zeros((10, 20), dtype=bool)
    train[:8, :4] = True
    everyone = sparse.csr_array(train)
    popular = values(exposure(popularity_scores(everyone), everyone, np.array([8, 9]), k=4, bootstrap=FEW))
    assert popular == pytest.approx({"head_share@4": 1, "coverage@4": 0.2, "gini@4": 0.8})
    own = np.arange(20) // 2 == np.arange(10)[:, None]
    spread = values(exposure(lambda rows: own[rows] * 1.0, sparse.csr_array((10, 20)), np.arange(10), k=2))
    assert spread == pytest.approx({"head_share@2": 0.2, "coverage@2": 1, "gini@2": 0})


def test_a_user_with_nothing_left_is_counted_out():
    train = np.zeros((3, 4), dtype=bool)
    train[0] = True
    found = exposure(lambda rows: np.ones((len(rows), 4)), sparse.csr_array(train), np.arange(3), k=2)
    assert (found[0].n, found[0].excluded) == (2, 1)
    with pytest.raises(InputError, match="2 users with an item left to recommend, got 1"):
        exposure(lambda rows: np.ones((len(rows), 4)), sparse.csr_array(train), np.arange(2), k=2)
    with pytest.raises(InputError, match="k must be at least 1"):
        exposure(lambda rows: np.ones((len(rows), 4)), sparse.csr_array(train), np.arange(3), k=0)


def test_one_that_has_everything_has_the_greatest_index():
    index = gini(np.array([0.0, 5.0]))
    assert index(np.array([[9.0, 1.0], [0.0, 10.0], [5.0, 5.0]])) == pytest.approx([0.9, 0.0, 0.5])
