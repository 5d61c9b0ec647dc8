"""What is compared, on which measures, and what is written about it."""

import json

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.data import Batch, Supervision, table_from
from counterpoint.encoders import Role
from counterpoint.evaluation.diagnosis import read_diagnosis
from counterpoint.experiments.check import prepare_job
from counterpoint.experiments.finish import finish_run
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.job import run_job
from counterpoint.experiments.judge import System, check_held_out, collect, judge, model_system, raw_system
from counterpoint.experiments.presets import recipe_for, with_training
from counterpoint.experiments.similarities import similarity_samples
from counterpoint.experiments.source import DataSource, data_from

MEASURES = {
    "labels": {"knn_accuracy", "probe_accuracy", "clustering_accuracy", "nmi", "ari"},
    "scores": {"spearman", "pearson"},
    "pairs": {"ndcg@10", "mrr@10", "map@1000", "recall@1", "recall@10"},
}
SOURCE = DataSource(data="python", test_fraction=0.4)


def itself(name: str = "itself") -> System:
    return System(name, np.asarray, np.asarray, np.asarray)


def batch(vectors, **changes) -> Batch:
    return Batch(rows=np.arange(len(vectors)), anchor=torch.as_tensor(vectors), **changes)


@pytest.fixture
def labelled():
    random = np.random.default_rng(0)
    label = np.arange(80) % 2
    vectors = random.normal(size=(80, 4)).astype(np.float32)
    vectors[:, 0] += 4 * label - 2
    return [batch(vectors[part], label=torch.as_tensor(label[part])) for part in (slice(0, 60), slice(60, 80))]


@pytest.mark.parametrize("supervision", ["labels", "scores", "pairs"])
def test_measures_of_each_supervision(columns, supervision):
    data = data_from(table_from(columns("vector", supervision, 60)), None, SOURCE, {})
    train, test = collect(data.train), collect(data.test)
    found = judge([itself("a"), itself("b")], train, test, Supervision(supervision))
    assert MEASURES[supervision] <= {one.measure for one in found}
    for one in found:
        assert [row.system for row in one.rows] == ["a", "b"]
        assert one.rows[0].value == one.rows[1].value
        assert one.rows[0].low <= one.rows[0].value <= one.rows[0].high
        assert one.greater_is_better


def test_a_system_is_scored_by_its_embeddings(labelled):
    train, test = labelled
    blind = System("blind", lambda x: np.ones((len(x), 2), np.float32), itself().encode, itself().encode)
    knn = next(
        one for one in judge([itself(), blind], train, test, Supervision.LABELS) if one.measure == "knn_accuracy"
    )
    peer = KNeighborsClassifier(20, metric="cosine", weights=lambda d: np.exp(-d / 0.07))
    expected = peer.fit(train.anchor.numpy(), train.label.numpy()).score(test.anchor.numpy(), test.label.numpy())
    assert knn.rows[0].value == pytest.approx(expected)
    assert knn.rows[0].value > 0.8
    assert knn.rows[1].value == pytest.approx(0.5)


def test_only_pairs_have_queries_and_documents():
    """A prompt for queries has no place where labels or scores compare like with like."""
    asked: list[str] = []

    def listening(role: str):
        return lambda x: (asked.append(role), np.asarray(x))[1]

    system = System("s", listening("plain"), listening("query"), listening("document"))
    x = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
    test = batch(
        x, positives=torch.as_tensor(x[::-1].copy()), positive_owner=torch.arange(12), score=torch.arange(12) / 2.0,
        label=torch.arange(12) % 2,
    )  # fmt: skip
    for supervision, expected in (("pairs", {"query", "document"}), ("scores", {"plain"}), ("labels", {"plain"})):
        asked.clear()
        judge([system], test, test, Supervision(supervision))
        similarity_samples(system, test, Supervision(supervision))
        assert set(asked) == expected, supervision


def test_encoders_are_asked_in_their_role():
    class Recorder:
        def encode(self, content, *, role=Role.PLAIN):
            return (self, role)

    first, other = Recorder(), Recorder()
    system = model_system("m", (first, other), is_model=True)
    assert system.encode([]) == (first, Role.PLAIN)
    assert system.encode_query([]) == (first, Role.QUERY)
    assert system.encode_document([]) == (other, Role.DOCUMENT)


def test_pairs_are_retrieved_for_their_owner():
    """Three queries, four documents; query 1 owns two. Reciprocal ranks by hand: 1, 1, and 1/2."""
    queries = np.eye(3, dtype=np.float32)
    documents = np.array([[1, 0, 0], [0, 1, 0], [0, 0.5, 0.9], [0, 0.2, 0.3]], np.float32)
    test = batch(queries, positives=torch.as_tensor(documents), positive_owner=torch.tensor([0, 1, 1, 2]))
    found = {one.measure: one.rows[0].value for one in judge([itself()], test, test, Supervision.PAIRS)}
    assert found["mrr@10"] == pytest.approx((1 + 1 + 0.5) / 3)
    assert found["recall@1"] == pytest.approx((1 + 0.5 + 0) / 3)


def test_nothing_to_judge_by(labelled):
    train, test = labelled
    assert judge([itself()], train, test, Supervision.VIEWS) == []
    one_class = batch(test.anchor, label=torch.zeros(len(test), dtype=torch.int64))
    assert judge([itself()], train, one_class, Supervision.LABELS) == []
    assert judge([itself()], one_class, test, Supervision.LABELS) == []


@pytest.mark.parametrize(("kind", "name"), [("image", "pixels"), ("text", "TF-IDF"), ("vector", "raw vectors")])
def test_the_raw_input_is_a_system(columns, kind, name):
    batch = collect(data_from(table_from(columns(kind, "pairs")), None, SOURCE, {}).train)
    system = raw_system(batch, Kind(kind))
    assert system.name == name
    assert not system.is_model
    first, second = system.encode_query(batch.anchor), system.encode_document(batch.positives)
    assert first.shape[0] == second.shape[0] == len(batch)
    assert first.shape[1] == second.shape[1]


def test_a_sample_is_judged_where_there_is_more(columns):
    examples = data_from(table_from(columns("vector", "labels", 60)), None, SOURCE, {}).train
    assert len(collect(examples)) == 36
    rows = collect(examples, limit=10).rows
    assert len(rows) == 10
    assert np.array_equal(rows, collect(examples, limit=10).rows)
    assert (np.diff(rows) > 0).all()


def test_rows_outside_the_sample_are_not_read(columns):
    table = columns("vector", "labels", 60)
    table["vector"] = table["vector"].copy()
    examples = data_from(table_from(table), None, DataSource(data="python", test_fraction=0), {}).train
    judged = collect(examples, limit=10).rows
    table["vector"][np.setdiff1d(np.arange(60), judged)[-1]] = np.nan
    check_held_out(examples, limit=10)
    table["vector"][judged[3]] = np.nan
    with pytest.raises(InputError, match=f"row {judged[3]}, column 'vector'"):
        check_held_out(examples, limit=10)


SYSTEMS = {"image": "pixels", "text": "TF-IDF", "vector": "raw vectors"}
RUNS = [("image", "labels", None), ("text", "scores", None), ("vector", "views", None), ("image", "pairs", "text")]


@pytest.mark.parametrize(("kind", "supervision", "other"), RUNS)
def test_a_run_is_finished_with_measures_and_a_report(columns, tmp_path, kind, supervision, other):
    data = data_from(table_from(columns(kind, supervision, other=other)), None, SOURCE, {})
    recipe = with_training(recipe_for(data), steps=1, batch_size=8)
    folder = RunFolder(tmp_path)
    folder.create(recipe, None)
    run_job(recipe, data, folder)
    comparisons = finish_run(recipe, data, folder)
    written = json.loads(folder.evaluation.read_text())
    assert [one["measure"] for one in written] == [one.measure for one in comparisons]
    raw = [] if other else [SYSTEMS[kind]]
    for one in comparisons:
        assert [row.system for row in one.rows] == [*raw, "untrained", "trained"]
        assert [row.is_model for row in one.rows] == [False] * (len(raw) + 1) + [True]
    assert (comparisons == []) == (supervision == "views")
    page = folder.report.read_text(encoding="utf-8")
    assert page.rstrip().endswith("</html>")
    assert all(name in page for name in ("trained from Python", type(recipe.objective).__name__))
    found = read_diagnosis(folder.diagnosis)
    assert found.about.name == str(folder.path)
    answered = {one.group for one in found.findings if one.value is not None}
    assert ("Is it collapsed?" in page) == bool(answered & {"space", "rank"})


def test_another_run_is_judged_and_shown_beside(columns, tmp_path):
    data = data_from(table_from(columns("image", "labels")), None, SOURCE, {})
    first, second = (RunFolder(tmp_path / name) for name in ("first", "second"))
    for seed, folder in enumerate((first, second)):
        recipe = with_training(recipe_for(data), steps=1, batch_size=8, seed=seed)
        folder.create(recipe, None)
        run_job(recipe, data, folder)
    comparisons = finish_run(recipe, data, second, against=first)
    assert comparisons
    for one in comparisons:
        assert [row.system for row in one.rows] == ["pixels", "untrained", "trained", "first"]
    assert read_diagnosis(second.diagnosis).about.against == str(first.path)


@pytest.mark.parametrize("held_out", [1, 2, 3])
@pytest.mark.parametrize("supervision", ["labels", "pairs", "scores"])
def test_few_held_out_rows_are_told_before_and_lose_nothing_after(columns, tmp_path, supervision, held_out):
    source = DataSource(data="python", test_fraction=held_out / 20)
    data = data_from(table_from(columns("vector", supervision, 20)), None, source, {})
    assert len(data.test) == held_out
    recipe = with_training(recipe_for(data), steps=1)
    folder = RunFolder(tmp_path)
    folder.create(recipe, None)
    said: list[str] = []
    method = prepare_job(recipe, data, judge=True, warn=said.append)
    run_job(recipe, data, folder, method=method)
    found = finish_run(recipe, data, folder)
    assert folder.report.is_file()
    assert bool(said) == (found == [])
    assert all(one.startswith("there is nothing to judge by: ") for one in said)
    assert (found == []) == ((supervision == "scores" and held_out < 3) or held_out < 2 or len(set(classes(data))) < 2)


def classes(data) -> list[int]:
    """Labels of the held-out rows; two of them where there are no labels to have one class only."""
    return [0, 1] if data.test.labels is None else data.test.labels.tolist()
