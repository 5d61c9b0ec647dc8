import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders.hyperedges import HyperedgeAttention

MEMBERS = torch.randn(5, 2, 3, generator=torch.Generator().manual_seed(0))
OWNER = torch.tensor([0, 0, 1, 1, 1])


def test_a_node_mixes_its_edges_by_a_softmax():
    torch.manual_seed(0)
    layer = HyperedgeAttention(3, types=2)
    messages = layer.read[0](MEMBERS.flatten(1))
    weights = torch.softmax(layer.attention(messages[2:])[:, 0], 0)
    found = layer(MEMBERS, OWNER, 3)
    torch.testing.assert_close(found[1], weights @ messages[2:])
    assert found[2].tolist() == [0.0] * 3  # it lies on no edge


def test_only_together_does_it_matter_who_is_with_whom():
    torch.manual_seed(0)
    swapped = MEMBERS.clone()
    swapped[:2, 1] = MEMBERS[:2, 1].flip(0)  # within one node
    pairs = HyperedgeAttention(3, types=2, together=False)
    torch.testing.assert_close(pairs(MEMBERS, OWNER, 2), pairs(swapped, OWNER, 2))
    whole = HyperedgeAttention(3, types=2)
    assert not torch.allclose(whole(MEMBERS, OWNER, 2)[0], whole(swapped, OWNER, 2)[0])


@pytest.mark.parametrize("together", [True, False])
def test_without_an_edge_every_node_is_zeros(together):
    layer = HyperedgeAttention(3, types=2, together=together)
    found = layer(MEMBERS[:0], OWNER[:0], 4)
    assert torch.equal(found, torch.zeros(4, 3))
    found.sum().backward()
    assert all(one.grad is None or not one.grad.any() for one in layer.parameters())


def test_what_does_not_fit_is_one_clear_error():
    with pytest.raises(InputError, match="dim and types must be at least 1"):
        HyperedgeAttention(0, types=2)
    layer = HyperedgeAttention(3, types=2)
    with pytest.raises(InputError, match=r"members must be \[E, 2, 3\], got \[5, 2, 2\]"):
        layer(MEMBERS[:, :, :2], OWNER, 2)
    with pytest.raises(InputError, match=r"owner must be \[E\] for E = 5 edges, got shape \[4\]"):
        layer(MEMBERS, OWNER[:4], 2)
    with pytest.raises(InputError, match=r"owner must lie in 0\.\.0, got 0 to 1"):
        layer(MEMBERS, OWNER, 1)
    with pytest.raises(InputError, match=r"owner must lie in 0\.\.1, got -1 to 0"):
        layer(MEMBERS, OWNER - 1, 2)
