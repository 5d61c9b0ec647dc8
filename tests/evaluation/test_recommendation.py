import sys

import numpy as np
import pytest
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.evaluation.recommendation import (
    Group,
    cold_and_tail,
    dot_scores,
    popularity_scores,
    recommendation,
    top_items,
)


def _split(seed=0, users=25, items=40):
    rng = np.random.default_rng(seed)
    taken = rng.random((users, items)) < 0.25
    held = taken & (rng.random((users, items)) < 0.3)
    held[-1] = False
    return sparse.csr_array(taken & ~held), sparse.csr_array(held), rng


def test_measures_equal_trec_eval_with_training_items_left_out():
    pytrec_eval = pytest.importorskip("pytrec_eval")
    train, test, rng = _split()
    users, items = rng.normal(size=(25, 5)), rng.normal(size=(40, 5))
    score = users @ items.T
    run = {f"u{u}": {f"i{i:02}": score[u, i] for i in range(40) if not train[u, i]} for u in range(25)}
    qrels = {f"u{u}": {f"i{i:02}": 1 for i in np.flatnonzero(test[[u]].toarray())} for u in range(25)}
    asked = [u for u in qrels if qrels[u]]
    peer = pytrec_eval.RelevanceEvaluator({u: qrels[u] for u in asked}, {"recall.10,20", "ndcg_cut.10,20"}).evaluate(
        run
    )
    found = {one.name: one for one in recommendation(dot_scores(users, items), train, test, groups=())}
    for k in (10, 20):
        for ours, theirs in (("recall", "recall"), ("ndcg", "ndcg_cut")):
            expected = np.mean([peer[u][f"{theirs}_{k}"] for u in asked])
            assert found[f"{ours}@{k}"].value == pytest.approx(expected, abs=1e-9)
    assert found["recall@10"].excluded == 25 - len(asked) >= 1


def test_groups_restrict_what_is_relevant_but_not_what_competes():
    train, test, rng = _split()
    score = rng.normal(size=(25, 40))
    items = np.arange(40) < 15
    users = np.arange(25) < 12
    found = {
        one.name: one.value
        for one in recommendation(lambda rows: score[rows], train, test, groups=(Group("part", users, items),))
    }
    masked = np.where(train.toarray(), -np.inf, score)
    recalls = []
    for u in range(12):
        wanted = set(np.flatnonzero(test.toarray()[u] & items))
        if wanted:
            recalls.append(len(wanted & set(np.argsort(-masked[u])[:10])) / len(wanted))
    assert found["recall@10/part"] == pytest.approx(np.mean(recalls))


def test_cold_users_have_few_items_and_head_and_tail_share_the_items():
    train, _, _ = _split()
    cold, tail, head = cold_and_tail(train)
    taken, popular = train.toarray().sum(axis=1), train.toarray().sum(axis=0)
    assert taken[cold.users].max() <= taken[~cold.users].min()
    assert popular[head.items].min() >= popular[tail.items].max()
    assert head.items.sum() == 8
    assert (head.items ^ tail.items).all()


def test_popularity_finds_only_popular_items():
    train, test, _ = _split()
    found = {one.name: one.value for one in recommendation(popularity_scores(train), train, test)}
    assert found["recall@10/head"] > found["recall@10/tail"]


def test_blocks_change_nothing_and_ties_stand_in_order(monkeypatch):
    train, _, rng = _split()
    score = rng.integers(0, 3, size=(25, 40)).astype(float)
    whole = top_items(lambda rows: score[rows], train, np.arange(25), 12)
    monkeypatch.setattr(sys.modules[recommendation.__module__], "SCORES_PER_BLOCK", 130)
    np.testing.assert_array_equal(top_items(lambda rows: score[rows], train, np.arange(25), 12), whole)
    masked = np.where(train.toarray(), -np.inf, score)
    np.testing.assert_array_equal(whole, np.argsort(-masked, axis=1, kind="stable")[:, :12])


def test_bad_splits_and_scores_are_refused():
    train, test, _ = _split()
    with pytest.raises(InputError, match="share"):
        recommendation(popularity_scores(train), train, train)
    with pytest.raises(InputError, match=r"scores must be \[24, 40\]"):
        recommendation(lambda rows: np.zeros((len(rows), 3)), train, test[:, :])
    with pytest.raises(InputError, match="at least 2 users"):
        recommendation(popularity_scores(train), train, sparse.csr_array(test.shape, dtype=bool))
