import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.planted_communities import planted_communities


def test_communities_are_as_dense_as_is_said():
    made = planted_communities([200, 100], inside=[0.05, 0.2], between=0.02, seed=0)
    assert made.labels is not None
    assert made.labels.tolist() == [0] * 200 + [1] * 100
    ends = np.sort(made.labels[made.edges], axis=1)
    shares = [(ends == pair).all(1).sum() / pairs for pair, pairs in (((0, 0), 19900), ((1, 1), 4950), ((0, 1), 20000))]
    np.testing.assert_allclose(shares, [0.05, 0.2, 0.02], rtol=0.1)


def test_a_node_has_words_of_its_community_more_often():
    made = planted_communities([200, 100], inside=[0.1, 0.1], between=0.01, words=50, own=0.3, seed=0)
    words = made.features.toarray()
    assert words.shape == (300, 100)
    assert set(np.unique(words)) == {0, 1}
    np.testing.assert_allclose([words[:200, :50].mean(), words[200:, 50:].mean()], 0.3, rtol=0.1)
    np.testing.assert_allclose([words[:200, 50:].mean(), words[200:, :50].mean()], 0.04, rtol=0.1)


def test_a_seed_decides():
    one, same, other = (planted_communities([30, 30], inside=[0.2, 0.1], between=0.02, seed=s) for s in (0, 0, 1))
    assert np.array_equal(one.edges, same.edges)
    assert not np.array_equal(one.edges, other.edges)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"inside": [0.1]}, "inside must have a chance for each of 2 communities, got 1"),
        ({"inside": [0.1, 2]}, r"inside and between must lie in 0\.\.1"),
        ({"inside": [0.1, -0.1]}, r"inside must lie in 0\.\.1, got -0\.1"),
        ({"inside": [0.1, 0.1], "own": 2}, r"own must lie in 0\.\.1, got 2"),
    ],
)
def test_chances_that_are_none_are_refused(settings, told):
    with pytest.raises(InputError, match=told):
        planted_communities([3, 3], between=0.1, seed=0, **settings)
