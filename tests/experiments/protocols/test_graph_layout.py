import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.evaluation import node_classification
from counterpoint.experiments.protocols.graphs import graph_layout


class Same:
    """Embeds nodes by their features as they are."""

    def encode(self, content):
        return content.numpy()


X = np.eye(6, dtype=np.float32)
EDGES = np.array([[0, 1], [1, 0], [2, 2], [3, 4]])


def test_what_is_held_out_and_what_was_cleaned_is_said():
    said = graph_layout({"x": X, "edges": EDGES, "test_edges": np.array([[4, 5], [0, 2]])}, "g.npz").described
    assert "6 nodes with 6 features and 4 edges, 2 of which count as held out." in said
    assert "1 edges of a node with itself were left out." in said
    assert "1 repeated edges were left out." in said
    alone = graph_layout({"x": X, "edges": EDGES}, "g.npz").described
    assert "2 edges, 2 of which count as held out." in alone
    assert "2 nodes have no edge." in alone


def test_a_split_is_judged_with_the_penalty_of_its_validation_nodes():
    rng = np.random.default_rng(0)
    y = np.arange(300) % 3
    x = (1.5 * np.eye(3, 30)[y] + rng.normal(size=(300, 30))).astype(np.float32)
    parts = {"train_idx": np.arange(30), "val_idx": np.arange(30, 200), "test_idx": np.arange(200, 300)}
    task = graph_layout({"x": x, "edges": EDGES, "y": y, **parts}, "g.npz").tasks[1]
    assert task.name == "nodes"
    found = {one.name: one for one in task.measure(Same())}
    alone = node_classification(x, y, *(parts[key] for key in ("train_idx", "test_idx")))
    expected = node_classification(x, y, parts["train_idx"], parts["test_idx"], validation=parts["val_idx"])
    assert found["node_accuracy"].value == expected[0].value != alone[0].value
    assert found["node_accuracy"].n == 100
    assert found.keys() == {"node_accuracy", "node_macro_f1", "node_accuracy_over_splits"}


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"edges": EDGES, "test_edges": np.array([[4, 3], [4, 5]])}, "test_edges and edges share 1 edges"),
        ({"edges": np.array([[0, 6]])}, r"edges must join nodes 0\.\.5, got 0 to 6"),
        ({"edges": EDGES, "y": np.zeros(5)}, "y has 5 labels for 6 nodes"),
    ],
)
def test_what_does_not_fit_is_one_clear_error(arrays, told):
    with pytest.raises(InputError, match=told):
        graph_layout({"x": X, **arrays}, "g.npz")
