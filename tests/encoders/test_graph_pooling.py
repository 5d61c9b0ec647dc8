import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders.graph_pooling import PooledGraphs, TreeEncoder, summed

X = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
OWNER = torch.tensor([0, 0, 0, 1, 1])
EDGES = torch.tensor([[0, 1, 3, 1, 2, 4], [1, 2, 4, 0, 1, 3]])


def test_sums_are_per_owner():
    torch.testing.assert_close(summed(X, OWNER, 2), torch.stack([X[:3].sum(0), X[3:].sum(0)]))


@pytest.mark.parametrize("tree", [False, True])
def test_a_graph_is_embedded_alike_whatever_its_neighbours_and_order(tree):
    torch.manual_seed(0)
    encoder = (TreeEncoder(3) if tree else PooledGraphs(3)).eval()
    between = torch.tensor([0, 0, 1, 2, 2]) if tree else EDGES

    def embed(x, structure, owner, count):
        return encoder(x, structure, owner, count)

    both = embed(X, between, OWNER, 2)
    alone = embed(X[3:], torch.tensor([0, 0]) if tree else torch.tensor([[0, 1], [1, 0]]), OWNER[:2], 1)
    torch.testing.assert_close(both[1:], alone)


def test_a_community_lies_in_one_graph():
    with pytest.raises(InputError, match="one lies in two graphs"):
        TreeEncoder(3)(X, torch.zeros(5, dtype=torch.int64), OWNER, 2)
