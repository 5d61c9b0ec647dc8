"""The graph of tokens: counted by hand, smoothed as written out, and pairs drawn from where they may be."""

import numpy as np
import pytest
import torch

from counterpoint.experiments.token_neighbours import SmoothedTokens, beside, exclusive_tokens, smoothing

CLASSES = ([[1, 2, 3], [1, 2], [5]], [[4, 3], [4, 4, 3, 6]])
"""Texts of either class, of tokens 0 to 6; 3 is of both, 5 stands alone, 0 does not occur."""


@pytest.fixture
def counted():
    own = [beside(texts, 7) for texts in CLASSES]
    counts = torch.zeros(7, 2)
    for number, texts in enumerate(CLASSES):
        for text in texts:
            counts[:, number] += torch.bincount(torch.tensor(text), minlength=7)
    return own, counts


def test_neighbours_are_counted_both_ways_and_never_with_themselves(counted):
    first, second = counted[0]
    assert first[1, 2] == first[2, 1] == 2
    assert first[2, 3] == 1
    assert first.sum() == 6
    assert second[3, 4] == 2
    assert second[4, 4] == 0
    assert not first[5].any()


def test_smoothing_is_the_formula_written_out(counted):
    own, counts = counted
    joint, occur, found = own[0] + own[1], counts.sum(1), smoothing(own[0] + own[1], counts.sum(1))
    weight = np.zeros((7, 7))
    for t, u in joint.nonzero().tolist():
        weight[t, u] = (joint[t, u] + 1) / (occur[t] + occur[u] + 6)
    degree = weight.sum(1)
    for t, u in joint.nonzero().tolist():
        assert found[t, u].item() == pytest.approx(weight[t, u] / np.sqrt(degree[t] * degree[u]), rel=1e-5)
    assert torch.equal(found != 0, joint > 0)


def test_exclusive_tokens_attract_neighbours_and_repel_those_of_other_classes(counted):
    own, counts = counted
    found = exclusive_tokens(counts, own, np.random.default_rng(0))
    assert found.tokens.tolist() == [1, 2, 4, 6]
    positive = [row.nonzero()[:, 0].tolist() for row in found.relation.positive]
    negative = [row.nonzero()[:, 0].tolist() for row in found.relation.negative]
    assert positive == [[2], [1, 3], [3], [3]]
    assert negative == [[4, 6], [4, 6], [1, 2], [1, 2]]
    few = exclusive_tokens(counts, own, np.random.default_rng(0), attract=1, compare=2).relation
    assert few.positive.sum(1).tolist() == few.negative.sum(1).tolist() == [1, 1, 1, 1]


def test_vectors_are_two_linear_smoothings_and_their_start_stays(counted):
    own, counts = counted
    torch.manual_seed(0)
    matrix, start = smoothing(own[0] + own[1], counts.sum(1)), torch.randn(7, 3)
    tokens = SmoothedTokens(matrix, start).eval()
    one, two = tokens.first, tokens.second
    hidden = matrix @ start @ one.weight.T + one.bias
    torch.testing.assert_close(tokens(), matrix @ hidden @ two.weight.T + two.bias)
    assert sum(each.numel() for each in tokens.parameters()) == 24
    assert not torch.equal(tokens.train()(), tokens())
