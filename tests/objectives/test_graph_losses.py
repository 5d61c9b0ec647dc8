"""Contrast over neighbourhoods and over clusters: by hand, against public definitions, and where one is another."""

from math import exp, log

import pytest
import torch
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import InfoNCE, NContrast, PamC
from counterpoint.pairs import influence, influenced

N, D = 8, 4


def drawn() -> torch.Tensor:
    return torch.randn(N, D, generator=torch.Generator().manual_seed(4), dtype=torch.float64).requires_grad_()


def ring() -> torch.Tensor:
    """A ring of nodes with self-loops, normalised as the papers have it."""
    adjacency = torch.eye(N, dtype=torch.float64)
    rows = torch.arange(N)
    adjacency[rows, (rows + 1) % N] = adjacency[rows, (rows - 1) % N] = 1
    return adjacency / 3


@pytest.mark.parametrize("cumulative", [False, True])
def test_n_contrast_is_the_public_loss(cumulative):
    """Except that a node is not its own negative, which the public code counts as exp(0)."""
    z, sparse = drawn(), influence(ring(), hops=2, cumulative=cumulative)
    weights = sparse.to_dense()
    unit = normalize(z)
    kernel = torch.exp(unit @ unit.T / 0.5) * (1 - torch.eye(N))
    expected = -torch.log((kernel * weights).sum(1) / kernel.sum(1)).mean()
    found = NContrast(temperature=0.5)(z, relation=influenced(sparse))
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(torch.autograd.grad(found, z)[0], torch.autograd.grad(expected, z)[0])


def test_n_contrast_with_one_positive_is_info_nce():
    z = drawn()
    a, b = z[:4], z[4:]
    torch.testing.assert_close(NContrast(temperature=0.1)(a, b), InfoNCE(temperature=0.1)(a, b))


def test_n_contrast_is_content_with_one_near_neighbour():
    """Where InfoNCE asks for all of them."""
    z = torch.tensor([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]])
    y = torch.tensor([0, 0, 0])
    cold = {"temperature": 0.01}
    assert NContrast(**cold)(z, labels=y) < InfoNCE(**cold)(z, labels=y)


def test_pam_c_by_hand():
    """Two clusters of one direction each, three nodes and one; neighbours are in the same direction."""
    x, y = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    z = torch.stack([x, x, x, y])
    found = PamC(temperature=0.5)(z, z, labels=torch.tensor([0, 0, 0, 5]))
    assert found.item() == pytest.approx(log(2 * 3 * 1) - 2, rel=1e-6)


def test_pam_c_is_exact_where_clusters_are_points():
    """The paper's approximation is of all pairs of nodes in different clusters."""
    points, y = normalize(drawn()[:3].detach()), torch.tensor([0, 1, 2, 0, 1, 0])
    z = points[y]
    other = y[:, None] != y
    exact = torch.log(torch.exp(z @ z.T)[other].sum()) - 1
    torch.testing.assert_close(PamC()(z, z, labels=y), exact)


@pytest.mark.parametrize("cosine", [True, False])
def test_pam_c_compares_means_by_direction_or_by_product(cosine):
    """Two rows on either side of an axis have it as the direction of their mean, whose length is 0.6."""
    first, second = (torch.tensor([[0.6, up, 0.8 * side], [0.6, -up, 0.8 * side]]) for up, side in ((0.8, 0), (0, 1)))
    z, labels = normalize(torch.cat([first, second])), torch.tensor([0, 0, 1, 1])
    one, other = (z[labels == cluster].mean(0) for cluster in (0, 1))
    product = (one @ other).item()
    assert product == pytest.approx(0.36, rel=1e-6)
    similarity = product / (one.norm() * other.norm()).item() if cosine else product
    found = PamC(cosine=cosine)(z, z, labels=labels)
    assert found.item() == pytest.approx(log(2 * 2 * 2) + similarity - 1, rel=1e-6)


def test_pam_c_pulls_to_any_of_several_neighbours():
    x, y = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    z = torch.stack([torch.cat([x, y]), torch.cat([y, x])])
    labels = torch.tensor([0, 1])
    near, far = torch.stack([z[:, 0], z[:, 0], z[:, 1]], 1), torch.stack([z[:, 0], z[:, 1], z[:, 1]], 1)
    difference = PamC()(far, labels=labels) - PamC()(near, labels=labels)
    assert difference.item() == pytest.approx(log((exp(1) + 1) / 2), rel=1e-6)


def test_pam_c_needs_clusters():
    z = drawn()
    with pytest.raises(InputError, match="labels must say the cluster of each node"):
        PamC()(z, z)
    with pytest.raises(InputError, match="PamC needs nodes of two or more clusters, got 1"):
        PamC()(z, z, labels=torch.tensor([3] * 5 + [-1] * 3))
