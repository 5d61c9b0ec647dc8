"""Collectives among two real processes, on the shapes that batches of uneven size bring."""

import torch
from ring_work import INF, work

from counterpoint.pairwise import Ranks
from counterpoint.pairwise.terms import Reduction
from processes import together


def test_two_processes():
    first, second = together(work, 2)

    for name, expected in {
        "sizes": [3, 1],
        "gather": [0.0, 1.0, 2.0, 10.0],
        "gather known lengths": [0.0, 1.0, 2.0, 10.0],
        "gather nothing from one": [0.0, 1.0],
        "gather rows": [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [10.0, 10.0]],
        "sum": [3.0, 0.0],
    }.items():
        assert first[name].tolist() == second[name].tolist() == expected, name
    assert (first["ranks"].tolist(), second["ranks"].tolist()) == ([0, 2], [1, 2])
    assert (first["start"], second["start"]) == (0, 3)
    assert first["scatter_sum"].tolist() == [[0.0, 3.0], [6.0, 9.0], [12.0, 15.0]]
    assert second["scatter_sum"].tolist() == [[18.0, 21.0]]
    expected = torch.tensor([torch.tensor(2.0).log(), 2.0, 1.0, -INF])
    torch.testing.assert_close(first["lse"], expected)
    torch.testing.assert_close(second["lse"], expected)

    assert first["rows"].tolist() == [[1, -1, -1, -1], [-1, 1, -1, -1], [-1, -1, 1, -1]]
    assert second["rows"].tolist() == [[-1, -1, -1, 1]]
    assert first["labels"].tolist() == [[-1, 1, 1, -1], [1, -1, -1, 1], [-1, -1, -1, -1]]
    assert second["labels"].tolist() == [[-1, 1, 1, -1]]
    assert second["others"].tolist() == [[-1, -1, -1, 0]]
    assert first["greater"].tolist() == [[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0]]
    assert second["greater"].tolist() == [[1, 1, 1, 0]]


def test_alone_nothing_is_exchanged():
    alone, x = Ranks.current(), torch.arange(3.0)
    assert alone == Ranks(0, 1)
    assert alone.gather(x) is x
    assert alone.merge(Reduction.LSE, x) is x
    assert torch.equal(alone.scatter_sum(x, [3]), x)
    assert (alone.sizes(3), alone.start(3)) == ([3], 0)
