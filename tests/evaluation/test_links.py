import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from counterpoint.base.errors import InputError
from counterpoint.evaluation.cosine import unit_rows
from counterpoint.evaluation.links import keys, link_mrr, link_prediction, unlinked_pairs


def _graph(seed=0, n=60):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4))
    score = unit_rows(x) @ unit_rows(x).T + 0.3 * rng.normal(size=(n, n))
    first, second = np.triu_indices(n, 1)
    best = np.argsort(-score[first, second])[:120]
    return x, np.stack([first[best], second[best]], axis=1)


def test_measures_equal_scikit_learn_and_the_definition_of_hits():
    x, edges = _graph()
    others = unlinked_pairs(edges, 60, 150)
    unit = unit_rows(x)
    positive, negative = ((unit[one[:, 0]] * unit[one[:, 1]]).sum(axis=1) for one in (edges, others))
    y, score = np.repeat([1, 0], [120, 150]), np.concatenate([positive, negative])
    found = {one.name: one.value for one in link_prediction(x, edges, others, depths=(1, 10, 500))}
    assert found["link_auc"] == pytest.approx(roc_auc_score(y, score))
    assert found["link_ap"] == pytest.approx(average_precision_score(y, score))
    for k in (1, 10):
        assert found[f"link_hits@{k}"] == pytest.approx((positive > np.sort(negative)[-k]).mean())
    assert "link_hits@500" not in found


def test_mrr_equals_ranks_counted_one_by_one():
    x, edges = _graph()
    unit = unit_rows(x)
    candidates = np.random.default_rng(1).integers(60, size=(120, 7))
    candidates[0, :2] = edges[0, 1]  # ties with the true end
    expected = []
    for (node, end), other in zip(edges, candidates, strict=True):
        true, rest = unit[node] @ unit[end], unit[other] @ unit[node]
        tied = np.isclose(rest, true, atol=1e-12)
        expected.append(1 / (1 + ((rest > true) & ~tied).sum() + tied.sum() / 2))
    assert link_mrr(x, edges, candidates).value == pytest.approx(np.mean(expected))


def test_drawn_pairs_are_distinct_unlinked_and_can_be_all_that_are_left():
    edges = np.array([[0, 1], [2, 1], [3, 0]])
    drawn = unlinked_pairs(edges, 5, 7)
    assert len(np.unique(keys(drawn, 5))) == 7
    assert not np.isin(keys(drawn, 5), keys(edges, 5)).any()
    np.testing.assert_array_equal(drawn, unlinked_pairs(edges, 5, 7))
    with pytest.raises(InputError, match="only 7 pairs"):
        unlinked_pairs(edges, 5, 8)


def test_bad_pairs_are_refused():
    x, edges = _graph()
    with pytest.raises(InputError, match="share 120 pairs"):
        link_prediction(x, edges, edges[:, ::-1])
    with pytest.raises(InputError, match="two different nodes"):
        link_prediction(x, edges, np.array([[1, 1], [2, 3]]))
    with pytest.raises(InputError, match="a row per edge"):
        link_mrr(x, edges, np.zeros((3, 2), dtype=int))
