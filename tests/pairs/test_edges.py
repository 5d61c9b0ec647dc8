import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.objectives import InfoNCE
from counterpoint.pairs import Edges, Linked
from counterpoint.pairwise import Plan, SameKey


def whole(relation):
    return relation.tile(slice(None), slice(None))


def test_ragged_lists():
    edges = Edges.ragged([[0, 3], [], [1, 1]])
    tile = whole(Linked(edges=edges, anchors=torch.arange(3), candidates=torch.arange(5), local=True))
    assert tile.positive.int().tolist() == [[1, 0, 0, 1, 0], [0, 0, 0, 0, 0], [0, 1, 0, 0, 0]]
    assert tile.weight is None
    assert tile.negative.sum() == 12


def test_a_graph_both_ways_and_numbers_of_a_batch():
    edges = Edges.of(torch.tensor([[7, 2], [2, 5]]), both_ways=True)
    nodes = torch.tensor([5, 2, 7, -1, 100])
    tile = whole(Linked(edges=edges, anchors=nodes, candidates=nodes))
    expected = torch.zeros(5, 5, dtype=torch.int64)
    for i, j in ((0, 1), (1, 0), (1, 2), (2, 1)):
        expected[i, j] = 1
    assert torch.equal(tile.positive.long(), expected)


def test_grades_may_be_integers_and_a_pair_that_is_there_twice_counts_once():
    edges = Edges.of(torch.tensor([[0, 1], [0, 1], [1, 0], [1, 1]]), weights=torch.tensor([1, 3, 2, 0]))
    tile = whole(Linked(edges=edges, anchors=torch.arange(2), candidates=torch.arange(2)))
    assert tile.positive.int().tolist() == [[0, 1], [1, 0]]
    assert tile.weight.tolist() == [[1.0, 3.0], [2.0, 1.0]]


def test_numbers_outside_the_graph_have_no_edge_even_where_codes_overflow():
    edges = Edges.of(torch.tensor([[0, 1], [1, 3]]))
    anchors = torch.tensor([1 << 62, 2, 0])
    tile = whole(Linked(edges=edges, anchors=anchors, candidates=torch.tensor([1, 3, 5])))
    assert tile.positive.int().tolist() == [[0, 0, 0], [0, 0, 0], [1, 0, 0]]


def test_a_block_of_numbers_in_any_order_and_several_times_is_the_matrix_block():
    g = torch.Generator().manual_seed(0)
    pairs, weights = torch.randint(9, (30, 2), generator=g), torch.rand(30, generator=g)
    dense = torch.zeros(9, 9)
    for (i, j), weight in zip(pairs.tolist(), weights, strict=True):
        dense[i, j] = torch.maximum(dense[i, j], weight)
    edges = Edges.of(pairs, weights=weights)
    for froms, tos in ((torch.randint(9, (12,), generator=g), torch.randint(2, 7, (20,), generator=g)) for _ in "abc"):
        there, found = edges.find(froms, tos)
        block = dense[froms][:, tos]
        assert torch.equal(there, block > 0)
        assert torch.equal(found, torch.where(block > 0, block, 1.0))
    assert edges.find(torch.arange(3), torch.arange(0))[0].shape == (3, 0)
    assert edges.find(torch.arange(0), torch.arange(3))[0].shape == (0, 3)


def test_large_numbers():
    last = 3_037_000_498
    edges = Edges.of(torch.tensor([[last, last], [5, last]]))
    numbers = torch.tensor([last, 5])
    assert whole(Linked(edges=edges, anchors=numbers, candidates=numbers)).positive.int().tolist() == [[1, 0], [1, 0]]


def test_no_edges_at_all():
    edges = Edges.ragged([[], []])
    assert not whole(Linked(edges=edges, anchors=torch.arange(2), candidates=torch.arange(3))).positive.any()


def test_one_positive_each_is_the_plain_loss_and_owners_are_a_same_key():
    g = torch.Generator().manual_seed(0)
    a, b = (torch.randn(n, 3, generator=g, dtype=torch.float64) for n in (4, 6))
    owner = torch.tensor([0, 1, 2, 3, 0, 2])
    lists = [[j for j in range(6) if owner[j] == i] for i in range(4)]
    relation = Linked(edges=Edges.ragged(lists), anchors=torch.arange(4), candidates=torch.arange(6), local=True)
    same = SameKey(torch.arange(4), owner, local=True)
    found = InfoNCE()(a, b, relation=relation, plan=Plan(2, 3))
    torch.testing.assert_close(found, InfoNCE()(a, b, relation=same))


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Edges.of(torch.zeros(2, 2)), r"pairs must be integers \[E, 2\]"),
        (lambda: Edges.of(torch.tensor([[0, -1]])), "pairs must not be negative, got -1"),
        (
            lambda: Edges.of(torch.tensor([[0, 3_037_000_499]])),
            "pairs must be below 3037000499, .* number the examples",
        ),
        (lambda: Edges.of(torch.tensor([[0, 1]]), weights=torch.ones(2)), "weights must be 1 numbers"),
        (lambda: Edges.of(torch.tensor([[0, 1]]), weights=torch.tensor([-1.0])), "finite and not negative"),
        (
            lambda: Linked(edges=Edges.ragged([[0]]), anchors=torch.ones(1), candidates=torch.arange(1)),
            "anchors must be a vector of integers",
        ),
    ],
)
def test_bad_edges(make, why):
    with pytest.raises(InputError, match=why):
        make()
