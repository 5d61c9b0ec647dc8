"""Statistics put together from tiles, and what they ask of a tile on the way back, against autograd on the whole."""

import random

import pytest
import torch

from counterpoint.pairwise import cols, rows
from counterpoint.pairwise.terms import Axis
from counterpoint.pairwise.totals import Total, pull

N, M = 7, 11
G = torch.Generator().manual_seed(0)
X = torch.randn(N, M, generator=G, dtype=torch.float64)
WHERE = torch.rand(N, M, generator=G) < 0.5
WHERE[3], WHERE[:, 4] = False, False
TIES = torch.tensor([[2.0, 1.0, 2.0, 0.0, 2.0, 1.0], [0.0] * 6, [1.0, 1.0, 0.0, 1.0, 1.0, 1.0]])

KINDS = {
    "sum": lambda ask, x, where: ask.sum(x, where=where),
    "lse": lambda ask, x, where: ask.lse(x, where=where),
    "count": lambda ask, x, where: ask.count(torch.ones_like(x, dtype=torch.bool) if where is None else where, like=x),
    "max": lambda ask, x, where: ask.max(x, where=where),
    "top 1": lambda ask, x, where: ask.top(x, 1, where=where),
    "top 3": lambda ask, x, where: ask.top(x, 3, where=where),
    "top of more than there are": lambda ask, x, where: ask.top(x, 40, where=where),
}
BLOCKS = [(1, 1), (3, 4), (2, 11), (7, 2), (50, 50)]
ASKS = {"rows": rows, "cols": cols}
MASKS = {"all": None, "some": WHERE}

every_kind = pytest.mark.parametrize("kind", KINDS)
every_axis = pytest.mark.parametrize("axis", ASKS)
every_mask = pytest.mark.parametrize("mask", MASKS)
every_block = pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block[0]}x{block[1]}")


def tiles(height, width, *, n=N, m=M):
    return [
        (slice(i, min(i + height, n)), slice(j, min(j + width, m)))
        for j in range(0, m, width)
        for i in range(0, n, height)
    ]


def added(term_of, places, n, m):
    """The total of terms on tiles, taken in in the order given."""
    total = Total(term_of(*places[0]), n, m)
    for here in places:
        total.add(term_of(*here).part(), *here)
    return total


def on_tiles(kind, axis, x, where):
    """The term on any tile."""
    return lambda r, c: KINDS[kind](ASKS[axis], x[r, c], None if where is None else where[r, c])


@every_kind
@every_axis
@every_mask
@every_block
def test_parts_merge_to_the_whole_in_any_order(kind, axis, mask, block):
    where = MASKS[mask]
    expected = KINDS[kind](ASKS[axis], X, where).reduce()
    places = tiles(*block)
    for order in (places, places[::-1], random.Random(1).sample(places, len(places))):
        found = added(on_tiles(kind, axis, X, where), order, N, M).statistic()
        assert found.shape == expected.shape
        torch.testing.assert_close(found, expected)


def test_whole_rows_are_put_in_their_places():
    places = tiles(3, M)
    found = added(lambda r, c: rows.whole(X[r, c].sort(1).values), places, N, M).statistic()
    assert torch.equal(found, X.sort(1).values)
    found = added(lambda r, c: rows.whole(X[r, c].amax(1)), places[::-1], N, M).statistic()
    assert torch.equal(found, X.amax(1))


def first_places(x, k):
    """Of equal values the first, said once more in plain Python."""
    return [sorted(range(len(line)), key=lambda j, line=line: (-line[j], j))[:k] for line in x.tolist()]


def turned(places, start):
    """Blocks of columns in the order of a rank in the middle of a ring: its own first, then falling."""
    columns = sorted({c.start for _, c in places})
    order = [columns[(start - step) % len(columns)] for step in range(len(columns))]
    return sorted(places, key=lambda here: (order.index(here[1].start), here[0].start))


@pytest.mark.parametrize("k", [None, 1, 2, 4])
@pytest.mark.parametrize("axis", ASKS)
@pytest.mark.parametrize("block", [(1, 1), (3, 2), (2, 3), (9, 9)], ids=str)
def test_of_equals_the_first_is_taken_whatever_block_comes_first(k, axis, block):
    x = TIES if axis == "rows" else TIES.T.contiguous()
    n, m = x.shape
    ask = ASKS[axis]
    height, width = block if axis == "rows" else block[::-1]
    places = tiles(height, width, n=n, m=m)
    for start in range(3):
        order = turned(places, start)
        found = added(lambda r, c: ask.max(x[r, c]) if k is None else ask.top(x[r, c], k), order, n, m)
        assert found.places is not None
        assert found.places.tolist() == first_places(TIES, k or 1), f"beginning with block {start}"


def wide_ties(n, seed):
    return torch.randint(0, 3, (4, n), generator=torch.Generator().manual_seed(seed)).double()


@pytest.mark.parametrize("n", [5, 40, 300])
def test_of_equals_the_first_is_taken_in_one_long_row(n):
    """Few values and many entries, where a selection algorithm likes to choose any of equals."""
    x = wide_ties(n, seed=n)
    _, found = rows.top(x, 3).top(x)
    assert found.tolist() == first_places(x, 3)


@every_kind
@every_axis
@every_mask
@every_block
def test_pull_is_the_gradient_of_the_reduction(kind, axis, mask, block):
    where, ask = MASKS[mask], ASKS[axis]
    x = X.clone().requires_grad_()
    whole = KINDS[kind](ask, x, where).reduce()
    g = torch.randn(whole.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    if kind == "count":
        assert not whole.requires_grad
        return
    (expected,) = torch.autograd.grad(torch.where(whole.isfinite(), whole, 0.0), x, g)
    places = tiles(*block)
    total = added(on_tiles(kind, axis, X, where), places, N, M)
    found = torch.zeros_like(X)
    for r, c in places:
        tile = X[r, c].clone().requires_grad_()
        term = KINDS[kind](ask, tile, None if where is None else where[r, c])
        mine, theirs = (r, c) if term.axis is Axis.ROWS else (c, r)
        at = None if total.places is None else total.places[mine] - theirs.start
        output, weight = pull(term, total.statistic()[mine], at, g[mine])
        found[r, c] = torch.autograd.grad(output, tile, weight)[0]
    torch.testing.assert_close(found, expected)
    assert torch.isfinite(found).all()


def test_pull_of_whole_rows_is_their_gradient():
    g = torch.randn(N, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    x = X.clone().requires_grad_()
    (expected,) = torch.autograd.grad(x.sort(1).values[:, :3], x, g)
    found = torch.zeros_like(X)
    for r, c in tiles(3, M):
        tile = X[r, c].clone().requires_grad_()
        output, weight = pull(rows.whole(tile.sort(1).values[:, :3]), torch.zeros(N, 3)[r], None, g[r])
        found[r, c] = torch.autograd.grad(output, tile, weight)[0]
    torch.testing.assert_close(found, expected)


def test_a_row_in_which_nothing_takes_part_has_the_value_of_nothing():
    nothing = torch.zeros(N, M, dtype=torch.bool)
    for kind, value in (("sum", 0.0), ("count", 0.0), ("lse", -torch.inf), ("max", -torch.inf), ("top 3", -torch.inf)):
        found = added(on_tiles(kind, "rows", X, nothing), tiles(3, 4), N, M).statistic()
        assert (found == value).all(), kind


def test_a_column_statistic_has_the_length_of_columns():
    assert Total(cols.sum(X), N, M).statistic().shape == (M,)
    assert Total(rows.top(X, 3), N, M).statistic().shape == (N, 3)
    assert Axis.COLS.summed == 0
