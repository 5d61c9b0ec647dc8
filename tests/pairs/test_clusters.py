"""Clusters as classes: the same for the same seed, concentrations by hand, ProtoNCE by its definition."""

import pytest
import torch
from torch.nn.functional import cross_entropy, normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import MLCD, InfoNCE
from counterpoint.pairs import Clusters, Members, kmeans, nearest
from counterpoint.pairwise import AnchorCosine, Plan, SameKey


def blobs(n: int = 30) -> tuple[torch.Tensor, torch.Tensor]:
    """Three tight directions."""
    g = torch.Generator().manual_seed(0)
    y = torch.arange(n) % 3
    return torch.eye(3, 4)[y] + 0.05 * torch.randn(n, 4, generator=g), y


def test_clusters_are_found_and_are_the_same_again():
    x, y = blobs()
    found = kmeans(x, 3, seed=1)
    pairs = {(int(a), int(b)) for a, b in zip(y, found.members, strict=True)}
    assert len(pairs) == 3
    torch.testing.assert_close(found.centres.norm(dim=1), torch.ones(3))
    again = kmeans(x, 3, seed=1)
    assert torch.equal(found.members, again.members)
    assert torch.equal(found.centres, again.centres)


def test_what_cannot_be_clustered():
    x, _ = blobs()
    with pytest.raises(InputError, match="k must be between 1 and the 30 rows, got 31"):
        kmeans(x, 31, seed=0)
    with pytest.raises(InputError, match=r"x must be a finite matrix"):
        kmeans(x * torch.nan, 2, seed=0)


def test_concentration_by_hand():
    """A wide cluster of two, a tight one of two, one of a single row."""
    centres = torch.tensor([[0.0], [10.0], [20.0]])
    x = torch.tensor([[-2.0], [2.0], [9.0], [11.0], [20.0]])
    clusters = Clusters(centres, torch.tensor([0, 0, 1, 1, 2]))
    phi = clusters.concentration(x, temperature=0.2, smoothing=10.0)
    # Raw: 4 and 2 over 2 log 12; the single row takes the larger. The percentiles lie between 2 and 4.
    low, high = torch.quantile(torch.tensor([4.0, 2.0, 4.0]), torch.tensor([0.1, 0.9]))
    raw = torch.stack([high, low, high])
    torch.testing.assert_close(phi, 0.2 * raw / raw.mean())
    with pytest.raises(InputError, match="x holds 4 rows, and 5 were clustered"):
        clusters.concentration(x[:4])
    with pytest.raises(InputError, match="no cluster has two rows"):
        Clusters(centres, torch.arange(3)).concentration(centres)


def test_proto_nce_is_info_nce_over_centres_that_carry_their_temperature():
    x, _ = blobs()
    z = x.double().requires_grad_()
    for k, seed in ((3, 0), (5, 1)):
        clusters = kmeans(z, k, seed=seed)
        phi = clusters.concentration(normalize(z.detach()))
        logits = normalize(z) @ clusters.centres.T / phi
        relation = SameKey(clusters.members, torch.arange(k), prototypes=True)
        objective = InfoNCE(temperature=1.0, similarity=AnchorCosine())
        found = objective(z, clusters.centres / phi[:, None], relation=relation, plan=Plan(rows=7, cols=2))
        expected = cross_entropy(logits, clusters.members)
        torch.testing.assert_close(found, expected)
        torch.testing.assert_close(torch.autograd.grad(found, z)[0], torch.autograd.grad(expected, z)[0])


def test_nearest_centres():
    centres = torch.eye(3)
    x = torch.tensor([[1.0, 0.5, 0.0], [0.0, 1.0, 3.0]])
    assert nearest(x, centres, 2).tolist() == [[0, 1], [2, 1]]
    with pytest.raises(InputError, match="count must be between 1 and the 3 centres, got 4"):
        nearest(x, centres, 4)


def test_members_are_the_classes_that_are_named():
    classes = torch.tensor([[0, 2], [1, -1], [3, 3]])
    relation = Members(classes, 4)
    whole = relation.tile(slice(0, 3), slice(0, 4)).positive
    assert whole.int().tolist() == [[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    assert torch.equal(relation.tile(slice(1, 3), slice(1, 3)).positive, whole[1:3, 1:3])
    assert relation.shared
    with pytest.raises(InputError, match="classes go up to 3, and count is 3"):
        Members(classes, 3)
    with pytest.raises(InputError, match="classes must be integers"):
        Members(classes.float(), 4)


def test_multi_label_loss_streams():
    g = torch.Generator().manual_seed(0)
    z, centres = (torch.randn(n, 4, generator=g, dtype=torch.float64) for n in (6, 7))
    relation = Members(nearest(z, centres, 3), 7)
    torch.testing.assert_close(
        MLCD()(z, centres, relation=relation, plan=Plan(rows=2, cols=3)), MLCD()(z, centres, relation=relation)
    )
