"""Every relation: tiles are parts of the whole, a streamed loss is the dense one, two processes are one."""

import warnings

import pytest
import torch
from relation_cases import M, N, among_themselves, drawn, two_sided
from relation_work import losses, work

from counterpoint.objectives import SoftTargets, SupCon
from counterpoint.pairs import BelowPositive, Doubted, Edges, HardestOnly, Linked, MetadataKernel, Overlap
from counterpoint.pairwise import DENSE, Plan, Ranks, SameKey
from counterpoint.pairwise.relation import Others
from processes import together

CASES = {**two_sided(), **{f"alone {name}": one for name, one in among_themselves().items()}}


@pytest.fixture(autouse=True)
def anchors_without_a_positive_are_expected():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*no positive|.*without a positive|.*have none")
        yield


def whole(relation):
    return relation.tile(slice(None), slice(None))


@pytest.mark.parametrize("name", CASES)
def test_tiles_are_parts_of_the_whole(name):
    relation = CASES[name]
    n, m = relation.shape
    everything = whole(relation)
    assert not (everything.positive & everything.negative).any()
    assert everything.positive.any(), "a case without positives shows nothing"
    assert everything.negative.any()
    for i in range(0, n, 3):
        for j in range(0, m, 4):
            rows, cols = slice(i, min(i + 3, n)), slice(j, min(j + 4, m))
            tile = relation.tile(rows, cols)
            assert torch.equal(tile.positive, everything.positive[rows, cols])
            assert torch.equal(tile.negative, everything.negative[rows, cols])
            assert torch.equal(tile.compared, everything.compared[rows, cols])
            if everything.weight is not None:
                torch.testing.assert_close(tile.weight, everything.weight[rows, cols])


@pytest.mark.parametrize("name", CASES)
def test_counts_are_those_of_the_whole(name):
    tile = whole(CASES[name])
    positive, negative = CASES[name].counts()
    assert positive.tolist() == tile.positive.sum(1).tolist()
    assert negative.tolist() == tile.negative.sum(1).tolist()


@pytest.mark.parametrize("name", CASES)
def test_one_process_sees_the_same_relation(name):
    again = whole(CASES[name].across(Ranks(0, 1)))
    assert torch.equal(again.positive, whole(CASES[name]).positive)
    assert torch.equal(again.negative, whole(CASES[name]).negative)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("plan", [Plan(1, 1), Plan(3, 4)], ids=["ones", "ragged"])
def test_a_streamed_loss_is_that_of_the_whole_matrix(name, plan):
    relation = CASES[name]
    alone = name.startswith("alone")
    loss = SupCon(temperature=0.3) if alone else SoftTargets(temperature=0.3)
    a, b = drawn(N, 3, seed=7).requires_grad_(), drawn(M, 3, seed=8).requires_grad_()
    sides = (a,) if alone else (a, b)
    tile = whole(Others(relation) if alone else relation)
    scores = torch.nn.functional.normalize(sides[0]) @ torch.nn.functional.normalize(sides[-1]).T
    expected = by_hand(scores / 0.3, tile, weighs_all=alone)
    for found in (loss(*sides, relation=relation, plan=plan), loss(*sides, relation=relation, plan=DENSE)):
        torch.testing.assert_close(found, expected)
        mine, theirs = torch.autograd.grad(found, sides), torch.autograd.grad(expected, sides, retain_graph=True)
        torch.testing.assert_close(mine, theirs)


def by_hand(logits, tile, *, weighs_all):
    """Weighted cross-entropy, anchor by anchor; in SupCon weights enter the denominator too."""
    found = []
    for i in range(len(logits)):
        compared, positive = tile.compared[i], tile.positive[i]
        if not positive.any():
            continue
        weight = torch.ones_like(logits[i]) if tile.weight is None else tile.weight[i].to(logits.dtype)
        inside = logits[i] + weight.log() if weighs_all and tile.weight is not None else logits[i]
        share = torch.where(positive, weight, 0.0) / weight[positive].sum()
        found.append(inside[compared].logsumexp(0) - (share * logits[i]).sum())
    return torch.stack(found).mean()


def test_two_processes_are_one():
    parts = together(work, 2)
    for name, expected in losses().items():
        if name.endswith("value"):
            found = [part[name] for part in parts]
            torch.testing.assert_close(found[0], found[1])
            torch.testing.assert_close(found[0], expected)
        else:  # averaged over ranks, as data-parallel training does
            torch.testing.assert_close(torch.cat([part[name] for part in parts]) / 2, expected)


def by_rows(i, j):
    """Relations that know nothing of a row but what is given for it, between these anchors and candidates."""
    tags, guide = (drawn(N + M, 4, seed=1) > 0.3).double(), drawn(N + M, 3, seed=3)
    numbers = torch.arange(N + M) % 4
    same = SameKey(numbers[:N][i], numbers[N:][j])
    edges = Edges.of(torch.tensor([[0, 1], [1, 2], [3, 0]]), weights=torch.tensor([1.0, 2.0, 3.0]))
    graph = Linked(edges=edges, anchors=numbers[:N][i], candidates=numbers[N:][j])
    sides = {"anchors": guide[:N][i], "candidates": guide[N:][j]}
    filters = [
        BelowPositive(inner=same, **sides, margin=0.1),
        HardestOnly(inner=same, **sides, k=2),
        Doubted(inner=same, **sides),
    ]
    overlap = Overlap(anchors=tags[:N][i], candidates=tags[N:][j], graded=True)
    return [overlap, graph, MetadataKernel(**sides, bandwidth=1.0), same * 2 | graph, same & ~overlap, *filters]


def test_what_a_relation_says_moves_with_its_rows():
    generator = torch.Generator().manual_seed(0)
    i, j = torch.randperm(N, generator=generator), torch.randperm(M, generator=generator)
    straight, moved = by_rows(torch.arange(N), torch.arange(M)), by_rows(i, j)
    for before, after in zip(map(whole, straight), map(whole, moved), strict=True):
        assert torch.equal(after.positive, before.positive[i][:, j])
        assert torch.equal(after.negative, before.negative[i][:, j])
        if before.weight is not None:
            torch.testing.assert_close(after.weight, before.weight[i][:, j])
