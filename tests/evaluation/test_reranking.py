import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.evaluation.reranking import paired_scores, rank_lists, reranking
from counterpoint.evaluation.retrieval import MAP, MRR, NDCG, Ranked


def _lists(seed=0, queries=20):
    rng = np.random.default_rng(seed)
    owners = np.repeat(np.arange(queries), rng.integers(2, 9, size=queries))
    owners = owners[rng.permutation(len(owners))]
    grades = rng.integers(0, 3, size=len(owners)) * (rng.random(len(owners)) < 0.5)
    grades[owners == 0] = 0
    return rng.normal(size=(queries, 6)), rng.normal(size=(len(owners), 6)), owners, grades


def test_measures_equal_trec_eval_on_the_lists():
    pytrec_eval = pytest.importorskip("pytrec_eval")
    queries, candidates, owners, grades = _lists()
    score = paired_scores(queries, candidates, owners)
    qrels, run = {}, {}
    for place, (owner, grade) in enumerate(zip(owners, grades, strict=True)):
        qrels.setdefault(f"q{owner}", {})[f"d{place:03}"] = int(grade)
        run.setdefault(f"q{owner}", {})[f"d{place:03}"] = float(score[place])
    peer = pytrec_eval.RelevanceEvaluator(qrels, {"map", "recip_rank", "ndcg_cut.10"}).evaluate(run)
    asked = [f"q{i}" for i in range(20) if grades[owners == i].any()]
    found = {one.name: one for one in reranking(queries, candidates, owners, grades)}
    for ours, theirs in (("map@1000", "map"), ("mrr@10", "recip_rank"), ("ndcg@10", "ndcg_cut_10")):
        assert found[f"rerank_{ours}"].value == pytest.approx(np.mean([peer[q][theirs] for q in asked]), abs=1e-9)
    assert found["rerank_map@1000"].excluded == 20 - len(asked) >= 1


def test_a_list_is_ordered_by_score_then_by_higher_row():
    ranked = rank_lists(np.array([0.5, 0.5, 0.9, 0.1]), np.array([1, 1, 1, 0]), np.array([1.0, 2, 0, 3]), 3)
    assert ranked.gain.tolist() == [[3, 0, 0], [0, 2, 1], [0, 0, 0]]
    assert ranked.ideal.tolist() == [[3, 0, 0], [2, 1, 0], [0, 0, 0]]
    assert ranked.relevant.tolist() == [1, 2, 0]
    ranked = Ranked(*(part[:2] for part in ranked))
    assert MRR(10)(ranked)[1] == 0.5
    assert MAP(10)(ranked)[1] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert NDCG(10)(ranked)[0] == 1


def test_bad_lists_are_refused():
    queries, candidates, owners, grades = _lists()
    with pytest.raises(InputError, match="owners must be rows of queries"):
        reranking(queries, candidates, owners + 1, grades)
    with pytest.raises(InputError, match="grades must be 0 or more"):
        reranking(queries, candidates, owners, grades - 1)
    with pytest.raises(InputError, match="at least 2 queries"):
        reranking(queries, candidates, owners, 0 * grades)
