import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.sets.graph_collections import Collection, graph_collection
from counterpoint.data.sets.heterogeneous import Heterogeneous, heterogeneous


@pytest.fixture
def placed(tmp_path, monkeypatch):
    monkeypatch.setenv("COUNTERPOINT_DATA", str(tmp_path))

    def place(folder, name, **arrays):
        (tmp_path / folder).mkdir(exist_ok=True)
        np.savez(tmp_path / folder / f"{name}.npz", **arrays)

    return place


def three_graphs(**changed):
    parts = {
        "graph_indptr": np.array([0, 2, 5, 6]),
        "edges": np.array([[0, 1], [2, 3], [3, 4]]),
        "node_label": np.zeros(6, dtype=np.int16),
        "y": np.array([0, 1, 0]),
    }
    return {**parts, **changed}


def test_a_collection_is_one_graph_that_falls_apart(placed):
    placed("graph_classification", "PTC", **three_graphs())
    found = graph_collection(Collection.PTC)
    assert len(found) == 3
    assert found.owner.tolist() == [0, 0, 1, 1, 1, 2]
    assert found.features().argmax(1).tolist() == [1, 1, 1, 2, 1, 0]  # degrees, where labels say nothing
    some = found.take(np.array([1, 2]))
    assert some.edges.tolist() == [[0, 1], [1, 2]]
    assert some.starts.tolist() == [0, 3, 4]
    assert found.first(2).labels.tolist() == [0, 1]
    placed("graph_classification", "PTC", **three_graphs(node_label=np.array([3, 3, 5, 3, 5, 3])))
    assert graph_collection(Collection.PTC).features().argmax(1).tolist() == [0, 0, 1, 0, 1, 0]


def test_edges_from_one_graph_to_another_are_refused(placed):
    placed("graph_classification", "PTC", **three_graphs(edges=np.array([[0, 1], [1, 2]])))
    with pytest.raises(InputError, match="PTC: 1 edges lead from one graph to another"):
        graph_collection(Collection.PTC)


def features(kind, n):
    """Of n nodes, in the parts of a sparse matrix."""
    parts = {"data": np.ones(n), "indices": np.arange(n), "indptr": np.arange(n + 1), "shape": np.array([n, n])}
    return {f"{kind}_feat_{name}": value for name, value in parts.items()}


def test_meta_paths_of_papers_and_of_authors(placed):
    links = {"pa": np.array([[0, 0], [1, 0], [1, 1]]), "ps": np.array([[0, 0], [1, 0]])}
    split = {"train_20": np.array([0]), "val_20": np.array([1]), "test_20": np.array([1])}
    placed("hetero_heco", "acm", **features("p", 2), **links, **split, y=np.array([0, 1]))
    found = heterogeneous(Heterogeneous.ACM)
    assert len(found) == 2
    assert found.links["PAP"].toarray().tolist() == [[1, 0], [1, 1]]
    assert found.links["PSP"].toarray().tolist() == [[1], [1]]
    assert sorted(found.parts) == ["test_20", "train_20", "val_20"]
    links = {"pa": links["pa"], "pc": np.array([[0, 1], [1, 0]]), "pt": np.array([[0, 0], [1, 2]])}
    placed("hetero_heco", "dblp", **features("a", 2), **links, **split, y=np.array([0, 1]))
    found = heterogeneous(Heterogeneous.DBLP)
    assert found.links["APA"].toarray().tolist() == [[1, 1], [0, 1]]
    assert found.links["APCPA"].toarray().tolist() == [[1, 1], [1, 0]]
    assert found.links["APTPA"].toarray().tolist() == [[1, 0, 1], [0, 0, 1]]
