import numpy as np
import pytest
import torch
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.encoders.link_heads import CommonNeighbours, InnerProduct, NeuralCommonNeighbour

A = np.zeros((6, 6), dtype=int)
for i, j in [(0, 2), (1, 2), (0, 3), (1, 4), (0, 1), (3, 5)]:
    A[i, j] = A[j, i] = 1
GRAPH = CommonNeighbours(sparse.csr_array(A))
PAIRS = np.array([[0, 1], [3, 4]])


def test_neighbours_of_both_and_of_one():
    assert GRAPH.common(PAIRS).toarray().nonzero()[1].tolist() == [2]
    first, second = (one.toarray() for one in GRAPH.of_one(PAIRS))
    assert [np.flatnonzero(row).tolist() for row in first] == [[1, 3], [0, 5]]
    assert [np.flatnonzero(row).tolist() for row in second] == [[0, 4], [1]]


def test_targets_are_taken_out_of_the_graph():
    left = GRAPH.without(PAIRS[:1]).adjacency.toarray()
    assert left[0, 1] == left[1, 0] == 0
    assert left.sum() == A.sum() - 2


def test_the_score_is_that_of_the_definition():
    torch.manual_seed(0)
    head, h = NeuralCommonNeighbour(4, complete=True).eval(), torch.randn(6, 4)

    def plain(i, j, nodes, weights):
        shared = sum((w * h[u] for u, w in zip(nodes, weights, strict=True)), torch.zeros(4))
        return head.out(head.ends(h[i] * h[j]) + head.weight * head.shared(shared))[0]

    def chance(u, v):
        both = np.flatnonzero(A[u] * A[v])
        return torch.sigmoid(plain(u, v, both, [1.0] * len(both)))

    i, j = 3, 4  # no common neighbour; 0 and 5 of the first, 1 of the second
    expected = plain(i, j, [0, 5, 1], [chance(0, j), chance(5, j), chance(1, i)])
    torch.testing.assert_close(head(h, PAIRS, GRAPH)[1], expected)
    head.complete = False
    torch.testing.assert_close(head(h, PAIRS, GRAPH)[0], plain(0, 1, [2], [1.0]))


def test_a_far_threshold_completes_nothing_and_a_low_one_everything():
    torch.manual_seed(0)
    h = torch.randn(6, 4)
    never, always = (NeuralCommonNeighbour(4, complete=True, sharpness=50.0, threshold=at).eval() for at in (99, -99))
    always.load_state_dict(never.state_dict())
    expected = always._score(h, PAIRS, torch.stack([h[2] + h[1] + h[3] + h[0] + h[4], h[0] + h[5] + h[1]]))
    torch.testing.assert_close(always(h, PAIRS, GRAPH), expected)
    never.complete, completed = False, never(h, PAIRS, GRAPH)
    torch.testing.assert_close(completed, never(h, PAIRS, GRAPH))


def test_the_inner_product_is_that_of_the_ends():
    h = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(InnerProduct()(h, PAIRS, GRAPH), torch.stack([h[0] @ h[1], h[3] @ h[4]]))


def test_what_does_not_fit_is_one_clear_error():
    with pytest.raises(InputError, match="adjacency must be square"):
        CommonNeighbours(sparse.csr_array(A[:3]))
