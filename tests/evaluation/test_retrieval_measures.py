import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.evaluation.bootstrap import mean_of, paired_difference
from counterpoint.evaluation.qrels import Qrels
from counterpoint.evaluation.retrieval import MAP, MRR, NDCG, Precision, Ranked, Recall, retrieval, retrieval_values

CUTS = (1, 3, 10, 40)


def _judged(seed, n_queries=25, n_candidates=40, density=0.15):
    rng = np.random.default_rng(seed)
    grade = rng.integers(0, 4, size=(n_queries, n_candidates)) * (rng.random((n_queries, n_candidates)) < density)
    judged = rng.random((n_queries, n_candidates)) < 0.5
    judged |= grade > 0
    grade[-1] = 0
    query, candidate = np.nonzero(judged)
    order = rng.permutation(query.size)
    query, candidate = query[order], candidate[order]
    qrels = Qrels.of_triples(query, candidate, grade[query, candidate], n_queries=n_queries, n_candidates=n_candidates)
    return qrels, grade, judged


def _peer(similarity, grade, judged, names):
    """trec_eval on the full ranking; documents are named by zero-padded row numbers."""
    pytrec_eval = pytest.importorskip("pytrec_eval")
    qrels = {f"q{i:03}": {f"d{j:03}": int(grade[i, j]) for j in np.flatnonzero(judged[i])} for i in range(len(grade))}
    run = {f"q{i:03}": {f"d{j:03}": float(s) for j, s in enumerate(row)} for i, row in enumerate(similarity)}
    found = pytrec_eval.RelevanceEvaluator(qrels, names).evaluate(run)
    return [found[f"q{i:03}"] for i in range(len(grade))]


@pytest.mark.parametrize("ties", [False, True])
def test_every_measure_equals_trec_eval(ties):
    qrels, grade, judged = _judged(0)
    rng = np.random.default_rng(1)
    if ties:
        # One-hot candidates: every cosine is one entry of the unit query, bit for bit, and most are shared by many.
        queries = rng.permuted(np.tile([1.0, 2.0, 2.0, 4.0], (25, 1)), axis=1)
        candidates = np.eye(4)[rng.integers(4, size=40)]
    else:
        queries, candidates = rng.normal(size=(25, 6)), rng.normal(size=(40, 6))
    measures = [kind(k) for kind in (NDCG, MAP, Recall, Precision, MRR) for k in CUTS]
    values, excluded = retrieval_values(queries, candidates, qrels, measures=measures)
    unit = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (queries, candidates)]
    cuts = ",".join(map(str, CUTS))
    names = {f"{name}.{cuts}" for name in ("ndcg_cut", "map_cut", "recall", "P")} | {"recip_rank", "map", "ndcg"}
    peer = _peer(unit[0] @ unit[1].T, grade, judged, names)
    asked = np.flatnonzero((grade > 0).any(axis=1))
    assert excluded == 25 - asked.size == 1
    for k in CUTS:
        for ours, theirs in (("ndcg", "ndcg_cut"), ("map", "map_cut"), ("recall", "recall"), ("precision", "P")):
            expected = [peer[i][f"{theirs}_{k}"] for i in asked]
            np.testing.assert_allclose(values[f"{ours}@{k}"], expected, atol=1e-9, err_msg=f"{ours}@{k}")
        rank = np.array([peer[i]["recip_rank"] for i in asked])
        np.testing.assert_allclose(values[f"mrr@{k}"], np.where(rank >= 1 / k - 1e-12, rank, 0), atol=1e-9)
    np.testing.assert_allclose(values["map@40"], [peer[i]["map"] for i in asked], atol=1e-9)
    np.testing.assert_allclose(values["ndcg@40"], [peer[i]["ndcg"] for i in asked], atol=1e-9)


def test_hand_computed_ranking():
    ranked = Ranked(np.array([[0.0, 2, 0, 1]]), np.array([[3.0, 2, 1, 0]]), np.array([3]))
    log = np.log2
    assert NDCG(4)(ranked)[0] == pytest.approx((2 / log(3) + 1 / log(5)) / (3 + 2 / log(3) + 1 / log(4)))
    assert NDCG(2)(ranked)[0] == pytest.approx((2 / log(3)) / (3 + 2 / log(3)))
    assert [MRR(k)(ranked)[0] for k in (1, 2, 4)] == [0, 0.5, 0.5]
    assert MAP(4)(ranked)[0] == pytest.approx((1 / 2 + 2 / 4) / 3)
    assert [Recall(k)(ranked)[0] for k in (1, 2, 9)] == pytest.approx([0, 1 / 3, 2 / 3])
    assert [Precision(k)(ranked)[0] for k in (2, 4, 8)] == [0.5, 0.5, 0.25]


def test_measures_come_with_intervals_counts_and_names():
    qrels, grade, _ = _judged(2)
    asked = int((grade > 0).any(axis=1).sum())
    rng = np.random.default_rng(3)
    found = retrieval(rng.normal(size=(25, 6)), rng.normal(size=(40, 6)), qrels, measures=(NDCG(10), MRR(5)))
    assert [(m.name, m.n, m.excluded) for m in found] == [("ndcg@10", asked, 25 - asked), ("mrr@5", asked, 25 - asked)]
    assert 0 < asked < 25
    assert all(m.low < m.value < m.high for m in found)


def test_paired_rows_are_the_default():
    rng = np.random.default_rng(4)
    points = rng.normal(size=(30, 8))
    noisy = points + rng.normal(size=(30, 8))
    values, excluded = retrieval_values(noisy, points, measures=(MRR(30), Recall(1)))
    unit = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (noisy, points)]
    similarity = unit[0] @ unit[1].T
    rank = (similarity > np.diag(similarity)[:, None]).sum(axis=1) + 1
    np.testing.assert_allclose(values["mrr@30"], 1 / rank)
    np.testing.assert_array_equal(values["recall@1"], rank == 1)
    assert excluded == 0


def test_lists_triples_and_blocks_agree(monkeypatch):
    monkeypatch.setattr(
        "counterpoint.evaluation.cosine.top_k.__kwdefaults__",
        {"exclude_self": False, "query_block": 4, "candidate_block": 7},
    )
    rng = np.random.default_rng(5)
    lists = [rng.choice(20, size=size, replace=False) for size in (0, 1, 3, 5, 0, 2, 4, 1, 1)]
    queries, candidates = rng.normal(size=(9, 4)), rng.normal(size=(20, 4))
    values, excluded = retrieval_values(
        queries, candidates, Qrels.of_lists(lists, n_candidates=20), measures=(MAP(20),)
    )
    assert excluded == 2
    similarity = (queries @ candidates.T) / np.linalg.norm(candidates, axis=1)
    expected = []
    for row, relevant in zip(similarity, lists, strict=True):
        ranks = np.sort([np.sum(row > row[j]) + 1 for j in relevant])
        expected += [np.mean(np.arange(1, len(ranks) + 1) / ranks)] if len(ranks) else []
    np.testing.assert_allclose(values["map@20"], expected)


def test_exclude_self_skips_the_row_itself():
    points = np.random.default_rng(6).normal(size=(12, 3))
    points[1::2] = points[::2] + 1e-3
    twin = np.arange(12) ^ 1
    qrels = Qrels.of_triples(np.arange(12), twin, n_queries=12, n_candidates=12)
    found = retrieval(points, points, qrels, measures=(Recall(1),), exclude_self=True)
    assert found[0].value == 1.0
    assert retrieval(points, points, qrels, measures=(Recall(1),))[0].value == 0.0
    with pytest.raises(InputError, match="relevant to itself"):
        retrieval(points, points, exclude_self=True)


def test_a_collapsed_model_scores_chance():
    same = np.ones((200, 4))
    values, _ = retrieval_values(same, same, measures=(Recall(10),))
    assert values["recall@10"].mean() == pytest.approx(10 / 200)


def test_invariant_to_order_scale_and_rotation():
    qrels, grade, _ = _judged(7)
    rng = np.random.default_rng(8)
    queries, candidates = rng.normal(size=(25, 6)), rng.normal(size=(40, 6))
    order = rng.permutation(40)
    query, candidate = np.nonzero(grade[:, order])
    moved = Qrels.of_triples(query, candidate, grade[:, order][query, candidate], n_queries=25, n_candidates=40)
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    base, _ = retrieval_values(queries, candidates, qrels)
    other, _ = retrieval_values(queries @ turn, 7 * candidates[order] @ turn, moved)
    for name in base:
        np.testing.assert_allclose(other[name], base[name], atol=1e-12)


def test_two_systems_are_compared_query_by_query():
    rng = np.random.default_rng(9)
    points = rng.normal(size=(100, 8))
    better, worse = (points + noise * rng.normal(size=(100, 8)) for noise in (0.8, 1.5))
    values = [retrieval_values(one, points, measures=(MRR(10),))[0]["mrr@10"] for one in (better, worse)]
    assert paired_difference("mrr@10", mean_of(values[0]), mean_of(values[1]), 100).low > 0


def test_errors_name_what_is_wrong():
    x = np.random.default_rng(10).normal(size=(5, 3))
    for message, call in {
        "candidate must lie between 0 and 4, judgement 1 has 5": lambda: Qrels.of_triples(
            [0, 1], [0, 5], n_queries=5, n_candidates=5
        ),
        "grade must be 0 or more, judgement 0 has -1": lambda: Qrels.of_triples(
            [0], [0], [-1], n_queries=5, n_candidates=5
        ),
        "query 1 and candidate 2 are judged more than once": lambda: Qrels.of_triples(
            [1, 0, 1], [2, 0, 2], n_queries=5, n_candidates=5
        ),
        "qrels judges 4 queries and 4 candidates, not the 5 and 5 given": lambda: retrieval(x, x, Qrels.paired(4)),
        "queries has 5 rows and candidates 4": lambda: retrieval(x, x[:4]),
        "relevant candidate for at least 2 queries of 5": lambda: retrieval(
            x, x, Qrels.of_lists([[0], [], [], [], []], n_candidates=5)
        ),
        "k must be at least 1, got 0": lambda: NDCG(0),
    }.items():
        with pytest.raises(InputError, match=message):
            call()
