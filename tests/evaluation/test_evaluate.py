import numpy as np
import pytest
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.evaluation import (
    Bootstrap,
    evaluate_labels,
    evaluate_numbers,
    evaluate_pairs,
    evaluate_scores,
    fit_tfidf,
)

FEW = Bootstrap(resamples=50)


def _classes(n, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    return (np.eye(3, 5)[y] * 3 + rng.normal(size=(n, 5))).astype(np.float32), y


def test_labels_give_knn_probe_and_clustering():
    x, y = _classes(120)
    found = evaluate_labels(x[:80], y[:80], x[80:], y[80:], bootstrap=FEW)
    assert [m.name for m in found] == ["knn_accuracy", "probe_accuracy", "clustering_accuracy", "nmi", "ari"]
    assert all(m.low <= m.value <= m.high for m in found)
    assert min(m.value for m in found) > 0.4
    shuffled = evaluate_labels(x[:80], np.roll(y[:80], 1), x[80:], y[80:], bootstrap=FEW)
    assert max(m.value for m in shuffled[:2]) < 0.3


def test_raw_texts_give_the_same_measures_as_embeddings():
    texts = [f"{word} thing {i % 7}" for i, word in enumerate(["red", "green", "blue"] * 30)]
    embed = fit_tfidf(texts)
    y = np.arange(90) % 3
    found = evaluate_labels(embed(texts[:60]), y[:60], embed(texts[60:]), y[60:], bootstrap=FEW)
    assert [m.name for m in found] == ["knn_accuracy", "probe_accuracy", "clustering_accuracy", "nmi", "ari"]
    assert found[0].value == found[1].value == 1.0


def test_only_a_sample_of_a_large_test_set_is_clustered(monkeypatch):
    monkeypatch.setattr("counterpoint.evaluation.evaluate.CLUSTERED", 20)
    x, y = _classes(120)
    assert [m.n for m in evaluate_labels(x[:80], y[:80], x[80:], y[80:], bootstrap=FEW)] == [40, 40, 20, 20, 20]


def test_numbers_and_scores():
    x, _ = _classes(90)
    numbers = evaluate_numbers(x[:60], x[:60, 0], x[60:], x[60:, 0], bootstrap=FEW)
    assert [m.name for m in numbers] == ["probe_r2", "probe_rmse"]
    assert numbers[0].value > 0.99
    scores = evaluate_scores(x[:40], x[40:80], np.random.default_rng(0).normal(size=40), bootstrap=FEW)
    assert [m.name for m in scores] == ["spearman", "pearson"]


def test_pairs_by_row_and_by_owner():
    x, _ = _classes(60, seed=1)
    by_row = evaluate_pairs(x, x, bootstrap=FEW)
    assert {m.name: m.value for m in by_row}["mrr@10"] == 1.0
    owners = np.arange(60)[::-1].copy()
    assert evaluate_pairs(x, x[owners], owners=owners, bootstrap=FEW) == by_row
    twice = evaluate_pairs(x, np.repeat(x, 2, axis=0), owners=np.repeat(np.arange(60), 2), bootstrap=FEW)
    values = {m.name: m.value for m in twice}
    assert (values["precision@1"], values["recall@1"], values["recall@10"]) == (1.0, 0.5, 1.0)
    lonely = evaluate_pairs(x, x[:40], owners=np.arange(40), bootstrap=FEW)
    assert (lonely[0].n, lonely[0].excluded) == (40, 20)
    assert [m.name for m in evaluate_pairs(sparse.csr_matrix(x), sparse.csr_matrix(x), bootstrap=FEW)] == [
        m.name for m in by_row
    ]


def test_errors_name_what_is_wrong():
    x, y = _classes(30)
    with pytest.raises(InputError, match="test_labels must hold at least 2 classes"):
        evaluate_labels(x, y, x, 0 * y)
    with pytest.raises(InputError, match=r"owners has shape \(29,\) for 30 candidates"):
        evaluate_pairs(x, x, owners=np.arange(29))
    with pytest.raises(InputError, match="query must lie between 0 and 29, judgement 0 has 30"):
        evaluate_pairs(x, x, owners=np.full(30, 30))
