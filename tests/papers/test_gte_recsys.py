"""Principal directions that hold a share of the variance, and coordinates about a side's own mean."""

import numpy as np
import pytest

from counterpoint.papers.gte_recsys import along, leading


def test_directions_hold_the_share_and_one_fewer_would_not():
    rows = np.random.default_rng(0).normal(size=(400, 5)) * np.sqrt([8.0, 4.0, 2.0, 1.0, 0.2]) + 3
    found = leading(rows, 0.8)
    held = [np.var(along(found[:count], rows), axis=0).sum() / np.var(rows, axis=0).sum() for count in (1, 2, 3)]
    assert len(found) == 2 + (held[1] < 0.8)
    assert held[len(found) - 1] >= 0.8 > held[len(found) - 2]
    np.testing.assert_allclose(found @ found.T, np.eye(len(found)), atol=1e-12)


def test_queries_lose_their_own_mean():
    directions = np.eye(3)[:2]
    queries = np.array([[1.0, 2.0, 9.0], [3.0, 6.0, 9.0]])
    assert along(directions, queries).tolist() == [[-1.0, -2.0], [1.0, 2.0]]
    assert along(directions, queries + 100).sum() == pytest.approx(0.0)
