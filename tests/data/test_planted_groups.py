import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.planted_groups import planted_groups


def test_groups_are_joined_and_make_triangles_within_communities():
    graph = planted_groups(3, 40, groups=8, size=5, seed=0)
    assert (graph.labels[graph.edges[:, 0]] == graph.labels[graph.edges[:, 1]]).all()
    assert 0.8 * 3 * 8 * 10 < len(graph.edges) <= 3 * 8 * 10
    common = (graph.adjacency @ graph.adjacency).toarray()
    linked = common[graph.edges[:, 0], graph.edges[:, 1]]
    assert linked.min() >= 3  # the rest of the group
    inside = common[:40, :40][np.triu_indices(40, 1)]
    assert inside.mean() < linked.mean() / 2


def test_other_edges_come_on_top_and_a_seed_says_everything():
    plain, more = (planted_groups(3, 40, groups=8, size=5, between=chance, seed=2) for chance in (0.0, 0.05))
    apart = more.labels[more.edges[:, 0]] != more.labels[more.edges[:, 1]]
    np.testing.assert_array_equal(more.edges[~apart], plain.edges)
    assert apart.any()


def test_a_group_larger_than_its_community_is_one_clear_error():
    with pytest.raises(InputError, match="between 2 and the 4 nodes of a community, got 5"):
        planted_groups(2, 4, groups=1, size=5, seed=0)
