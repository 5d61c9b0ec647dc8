"""What each of two processes does in test_ring; importable by processes that are started afresh."""

import torch

from counterpoint.pairwise import Greater, Others, Ranks, SameKey
from counterpoint.pairwise.terms import Reduction

INF = torch.inf


def work(rank: int, _: int) -> dict[str, object]:
    ranks = Ranks.current()
    length = [3, 1][rank]
    mine = torch.arange(length) + 10.0 * rank
    everyones = torch.arange(8.0).reshape(4, 2) * (1 + rank)
    lse = torch.tensor([[0.0, -INF, 1.0, -INF], [0.0, 2.0, -INF, -INF]][rank])
    keys = torch.arange(length)
    found = {
        "ranks": torch.tensor([ranks.index, ranks.size]),
        "sizes": torch.tensor(ranks.sizes(length)),
        "start": torch.tensor(ranks.start(length)),
        "gather": ranks.gather(mine),
        "gather known lengths": ranks.gather(mine, (3, 1)),
        "gather nothing from one": ranks.gather(mine[: 2 - 2 * rank]),
        "gather rows": ranks.gather(mine[:, None].expand(-1, 2)),
        "scatter_sum": ranks.scatter_sum(everyones, [3, 1]),
        "sum": ranks.merge(Reduction.SUM, torch.tensor([1.0 + rank, 0.0])),
        "lse": ranks.merge(Reduction.LSE, lse),
    }
    relations = {
        "rows": SameKey(keys, keys, local=True),
        "labels": SameKey(torch.tensor([5, 6, -1][:length]), torch.tensor([6, 5, 5][:length])),
        "others": Others(SameKey(keys, keys, local=True)),
        "greater": Greater(mine, mine),
    }
    for name, relation in relations.items():
        tile = relation.across(ranks).tile(slice(None), slice(None))
        found[name] = tile.positive.int() - tile.negative.int()
    return found
