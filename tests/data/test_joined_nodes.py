"""Nodes that meta-paths join, against the matrix of all pairs; and the pairs that held-out edges join anew."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.joined_nodes import JoinedNodes, newly_joined, split_typed
from counterpoint.data.typed_graphs import TypedGraph

PATHS = {"by": ("by",), "cites": ("cites",), "far": ("by", "of")}


def made(seed=0, papers=40, authors=25, institutes=20):
    """Papers by authors of institutes, and citations."""
    rng = np.random.default_rng(seed)

    def some(rows, columns, count):
        return np.unique(np.stack([rng.integers(rows, size=count), rng.integers(columns, size=count)], axis=1), axis=0)

    cites = np.unique(np.sort(some(papers, papers, 25), axis=1), axis=0)
    return TypedGraph(
        names={name: [f"{name}{n}" for n in range(count)] for name, count in
               (("paper", papers), ("author", authors), ("institute", institutes))},
        edges={"by": some(papers, authors, 60), "of": some(authors, institutes, 20),
               "cites": cites[cites[:, 0] != cites[:, 1]]},
        ends={"by": ("paper", "author"), "of": ("author", "institute"), "cites": ("paper", "paper")},
    )  # fmt: skip


def dense(graph):
    """Who is joined, `[N, N]`, by products of whole matrices."""
    by, cites = (graph.incidence(kind, "paper")[0].toarray() for kind in ("by", "cites"))
    far = graph.reached("paper", ("by", "of")).toarray()
    return (by @ by.T + far @ far.T + cites @ cites + cites) > 0


def test_joined_nodes_are_those_of_the_dense_matrix():
    graph = made()
    joined = JoinedNodes(graph, "paper", PATHS)
    every = np.stack(np.meshgrid(range(40), range(40), indexing="ij"), axis=-1).reshape(-1, 2)
    apart = every[every[:, 0] != every[:, 1]]
    np.testing.assert_array_equal(joined(apart), dense(graph)[apart[:, 0], apart[:, 1]])
    assert 0.1 < joined(apart).mean() < 0.9
    assert joined(np.zeros((0, 2), dtype=np.int64)).shape == (0,)


def test_others_are_all_pairs_that_nothing_joins():
    graph, held = made(), np.array([[3, 1], [5, 8]])
    found = JoinedNodes(graph, "paper", PATHS).others(held, 10_000)
    free = np.triu(~dense(graph), 1)
    free[[1, 5], [3, 8]] = False
    assert {tuple(pair) for pair in found.tolist()} == {tuple(pair) for pair in np.argwhere(free).tolist()}
    assert len(JoinedNodes(graph, "paper", PATHS).others(held, 7)) == 7


def test_where_all_are_joined_there_is_nothing_to_compare_with():
    graph = TypedGraph(
        names={"paper": ["a", "b", "c"], "venue": ["v"]},
        edges={"at": np.array([[0, 0], [1, 0], [2, 0]])},
        ends={"at": ("paper", "venue")},
    )
    with pytest.raises(InputError, match="join nearly all of the 3 nodes"):
        JoinedNodes(graph, "paper", {"at": ("at",)}).others(np.zeros((0, 2), dtype=np.int64), 2)


def test_a_split_is_one_of_every_type_and_loses_nothing():
    graph = made()
    train, parts = split_typed(graph, ["by", "cites"], (0.1, 0.2), seed=0)
    for kind in ("by", "cites"):
        sizes = [len(part.edges[kind]) for part in parts]
        assert sizes == [round(share * len(graph.edges[kind])) for share in (0.1, 0.2)]
        again = np.concatenate([train.edges[kind], *(part.edges[kind] for part in parts)])
        np.testing.assert_array_equal(np.unique(again, axis=0), np.unique(graph.edges[kind], axis=0))
        assert len(again) == len(graph.edges[kind])
    assert train.edges["of"] is graph.edges["of"]
    with pytest.raises(InputError, match="sum to less than 1"):
        split_typed(graph, ["by"], (0.5, 0.5), seed=0)


def test_pairs_are_joined_by_what_was_held_out_and_by_nothing_else():
    graph = made()
    train, (held,) = split_typed(graph, ["by", "cites"], (0.3,), seed=1)
    joined = JoinedNodes(train, "paper", PATHS)
    pairs, left = newly_joined(train, "paper", held, joined, seed=0)
    assert len(pairs) > 5
    assert len(pairs) + left == sum(map(len, held.edges.values()))
    assert not dense(train)[pairs[:, 0], pairs[:, 1]].any()
    assert (pairs[:, 0] < pairs[:, 1]).all()
    # One step over an edge that was held out, and one over an edge of training; or a citation that was held out.
    before, new = (one.incidence("by", "paper")[0].toarray() for one in (train, held))
    allowed = (new @ before.T + before @ new.T + held.incidence("cites", "paper")[0].toarray()) > 0
    assert allowed[pairs[:, 0], pairs[:, 1]].all()


def test_edges_that_training_had_and_ends_the_other_way_round():
    graph = made()
    train, (held,) = split_typed(graph, ["by"], (0.3,), seed=1)
    joined = JoinedNodes(train, "paper", PATHS)
    assert newly_joined(train, "paper", replace(train, edges={"by": train.edges["by"]}), joined, seed=0)[0].size == 0
    turned = replace(held, edges={"by": held.edges["by"][:, ::-1]}, ends={"by": ("author", "paper")})
    for one, other in zip(
        newly_joined(train, "paper", held, joined, seed=0),
        newly_joined(train, "paper", turned, joined, seed=0),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
