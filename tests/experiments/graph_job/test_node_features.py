import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.opening import table_from
from counterpoint.experiments.graph_job.features import node_column, ordered, read_nodes


def read(**columns):
    return read_nodes(table_from(columns), ())


def test_numbers_are_standardised_and_what_is_missing_is_the_mean():
    found = read(node=["a", "b", "c"], size=[1.0, None, 3.0], same=[2, 2, 2])
    np.testing.assert_allclose(found.features.toarray(), [[-1, 0], [0, 0], [1, 0]])
    assert found.labels is None


def test_vectors_stay_as_they_are_and_texts_become_words():
    found = read(name=["a", "b"], vector=np.array([[3.0, 4.0], [0.0, 1.0]]), text=["red fox", ""])
    np.testing.assert_allclose(found.features.toarray()[:, :2], [[3, 4], [0, 1]])
    np.testing.assert_allclose(found.features.toarray()[:, 2:], [[np.sqrt(0.5)] * 2, [0, 0]], rtol=1e-6)
    ragged = read(name=["a", "b"], vector=[[1.0, 2.0], None])
    np.testing.assert_allclose(ragged.features.toarray(), [[1, 2], [0, 0]])


def test_labels_are_numbered_by_name_and_rows_of_one_node_count_once():
    found = read(node=["a", "b", None, "a", 5.0], label=["y", None, "x", "z", "x"], id=[9, 8, 7, 6, 5])
    assert found.names == ["a", "b", "5"]
    assert found.classes == ["x", "y"]
    np.testing.assert_array_equal(found.labels, [1, -1, 0])
    assert found.features.shape == (3, 0), "numbers that name a row are no features"
    assert "2 rows without a name or of a name that was there were left out" in found.described


def test_nodes_are_put_into_the_order_of_the_graph():
    found = read(node=["a", "b", "c"], size=[1.0, 2.0, 3.0], label=["x", "y", "x"])
    features, labels, unknown = ordered(found, ["c", "q", "a"])
    np.testing.assert_allclose(features.toarray()[:, 0], [np.sqrt(1.5), 0, -np.sqrt(1.5)], rtol=1e-6)
    np.testing.assert_array_equal(labels, [0, -1, 0])
    assert unknown == 1


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"who": ["a"], "size": [1]}, "no column of nodes"),
        ({"node": ["a", "b"], "mixed": ["x", 1]}, "column 'mixed': features are numbers, vectors or texts"),
        ({"node": ["a", "b"], "size": [1.0, float("inf")]}, "1 rows have numbers that are not finite"),
        ({"node": ["a", "b"], "size": [float("nan")] * 2}, "there is nothing in it"),
        ({"node": ["a", "b"], "vector": [[1.0], [1.0, 2.0]]}, r"vectors of one length are expected, found \[1, 2\]"),
    ],
)
def test_columns_that_do_not_fit(columns, told):
    with pytest.raises(InputError, match=told):
        read(**columns)


def test_the_column_to_embed(tmp_path):
    path = tmp_path / "nodes.csv"
    path.write_text("size,node\n1,a\n", encoding="utf-8")
    assert node_column(str(path)) == "node"
    path.write_text("who\na\n", encoding="utf-8")
    assert node_column(str(path)) == "who"
    path.write_text("who,size\na,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="name it with --column"):
        node_column(str(path))
