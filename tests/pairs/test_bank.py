"""A bank of clustered examples: what is kept, who is in which cluster, small clusters, and what is refused."""

import pytest
import torch
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.pairs import ClusteredBank


def blobs(per: int = 10, *, seed: int = 0, spread: float = 0.05) -> torch.Tensor:
    """Rows around three directions, in order."""
    noise = spread * torch.randn(3 * per, 4, generator=torch.Generator().manual_seed(seed))
    return torch.eye(3, 4).repeat_interleave(per, 0) + noise


def filled(clusters: int = 3, **more) -> ClusteredBank:
    bank = ClusteredBank(30, 4, clusters=clusters, **more)
    bank.put(torch.arange(30), blobs(), relabel=True)
    return bank


def test_rows_are_mixed_with_what_is_kept():
    bank = ClusteredBank(5, 2, clusters=2, momentum=0.25)
    first, second = torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 5.0]])
    bank.put(torch.tensor([4]), first, relabel=True)
    assert torch.equal(bank.rows[4], torch.tensor([1.0, 0.0]))
    bank.put(torch.tensor([4]), second, relabel=True)
    torch.testing.assert_close(bank.rows[4], normalize(torch.tensor([0.75, 0.25]), dim=0))
    assert bank.seen.tolist() == [False] * 4 + [True]


def test_of_a_number_that_comes_twice_the_last_counts():
    bank = ClusteredBank(3, 2, clusters=2)
    bank.put(torch.tensor([1, 0, 1]), torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]), relabel=True)
    assert torch.equal(bank.rows[1], torch.tensor([0.0, 1.0]))


def test_clusters_are_those_of_the_data_and_only_of_what_was_seen():
    bank = ClusteredBank(40, 4, clusters=3)
    bank.put(torch.arange(30) + 5, blobs(), relabel=True)
    assert not bank.clustered
    bank.cluster(seed=0)
    assert bank.clustered
    groups = bank.members[5:35].view(3, 10)
    assert torch.equal(groups, groups[:, :1].expand(3, 10))
    assert len(set(groups[:, 0].tolist())) == 3
    assert bool((bank.members[:5] == -1).all())
    torch.testing.assert_close(bank.centres.norm(dim=1), torch.ones(3))


def test_online_labels_follow_and_offline_ones_stay():
    bank = filled(momentum=1.0)
    bank.cluster(seed=0)
    before = bank.members.clone()
    bank.put(torch.tensor([0]), blobs()[-1:], relabel=False)
    assert torch.equal(bank.members, before)
    bank.put(torch.tensor([0]), blobs()[-1:], relabel=True)
    assert int(bank.members[0]) == int(before[-1]) != int(before[0])


def test_an_example_in_no_cluster_yet_has_its_nearest():
    bank = ClusteredBank(31, 4, clusters=3)
    bank.put(torch.arange(30), blobs(), relabel=True)
    bank.cluster(seed=0)
    found = bank.labels(torch.tensor([30, 3]), blobs()[[25, 25]])
    assert found.tolist() == [int(bank.members[25]), int(bank.members[3])]


def test_centres_move_to_the_means_of_their_rows():
    bank = filled(momentum=1.0)
    bank.cluster(seed=0)
    bank.put(torch.arange(30), blobs(seed=1, spread=0.3), relabel=False)
    bank.recentre(seed=0)
    for cluster in range(3):
        mean = bank.rows[bank.members == cluster].mean(0)
        torch.testing.assert_close(bank.centres[cluster], normalize(mean, dim=0))


def test_a_small_cluster_takes_half_of_the_largest():
    bank = filled()
    bank.cluster(seed=0)
    a, b, c = (int(bank.members[i]) for i in (0, 10, 20))
    bank.members[1:10] = b  # one row is left in the first
    bank.recentre(smallest=3, seed=0)
    sizes = bank.sizes()
    assert int(sizes.sum()) == 30
    assert int(sizes[a]) >= 3
    assert bool((bank.members[20:] == c).all()), "the others stay as they are"
    assert {int(sizes[a]), int(sizes[b])} == {10}, "the largest held both blobs, and 2-means tells them apart"


def test_rows_that_are_all_alike_are_halved():
    bank = ClusteredBank(6, 2, clusters=2)
    bank.put(torch.arange(6), torch.tensor([[1.0, 0.0]] * 3 + [[0.0, 1.0]] * 3), relabel=True)
    bank.cluster(seed=0)
    bank.put(torch.arange(6), torch.ones(6, 2), relabel=True)
    bank.rows.copy_(bank.rows[:1].expand(6, 2))
    bank.members.fill_(0)
    bank.recentre(seed=0)
    assert bank.sizes().tolist() == [3, 3]


def test_nothing_is_split_where_no_cluster_is_large_enough():
    bank = filled()
    bank.cluster(seed=0)
    before = bank.members.clone()
    bank.recentre(smallest=11, seed=0)
    assert torch.equal(bank.members, before)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: ClusteredBank(0, 4, clusters=1), "size, dim and clusters must be at least 1, got 0, 4 and 1"),
        (lambda: ClusteredBank(3, 4, clusters=4), "clusters must be at most the 3 examples, got 4"),
        (lambda: ClusteredBank(3, 4, clusters=2, momentum=0.0), "momentum must be above 0 and at most 1, got 0"),
        (lambda: filled().put(torch.tensor([30]), torch.ones(1, 4), relabel=True), "from 0 to 29, got 30 to 30"),
        (lambda: filled().put(torch.tensor([1]), torch.ones(1, 3), relabel=True), r"shape \[N, 4\] to be kept"),
        (lambda: ClusteredBank(9, 4, clusters=3).cluster(seed=0), "0 examples have been seen, too few for 3 clusters"),
        (lambda: filled().labels(torch.tensor([0]), torch.ones(1, 4)), "nothing was clustered yet"),
    ],
)
def test_what_is_refused(make, why):
    with pytest.raises(InputError, match=why):
        make()
