import numpy as np
from test_recommend import blocks

from counterpoint.data.interactions import hold_out
from counterpoint.data.sets.interactions import InteractionSet
from counterpoint.experiments.small_douban import dense


def pairs(part):
    return {(part.user_names[u], part.item_names[i]) for u, i in zip(part.users, part.items, strict=True)}


def test_a_part_is_the_core_of_the_first_users_split_anew():
    whole = blocks()
    known, test = hold_out(whole, 0.4, seed=1)
    train, validation = hold_out(known, 0.3, seed=1)
    made = InteractionSet(
        name="blocks", train=train, validation=validation, test=test, citation="nobody", licence="none"
    )
    found = dense(made, users=12, core=3)
    parts = [pairs(one) for one in (found.train, found.validation, found.test)]
    kept = whole.of_first(12).core(3)
    assert set.union(*parts) == pairs(kept)
    assert sum(len(one) for one in parts) == len(kept)
    sizes = np.bincount(kept.users)
    assert np.bincount(found.test.users).tolist() == np.floor(0.2 * sizes).tolist()
    assert found.train.shape == kept.shape
    assert found.known.shape == kept.shape
