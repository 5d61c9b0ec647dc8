"""Rows in which a tile compares nothing are left out, where relation and terms agree that they mean nothing."""

from dataclasses import dataclass
from itertools import product

import pytest
import torch

from counterpoint.objectives import CLIP, InfoNCE, TaylorSoftmax
from counterpoint.pairs import Owned
from counterpoint.pairwise import (
    DENSE,
    Either,
    Explicit,
    Needs,
    NegativeEuclidean,
    Objective,
    Opposite,
    Others,
    Plan,
    Relation,
    SameKey,
    Sparing,
    Weighted,
    cols,
    rows,
    tile_walk,
)  # fmt: skip

N, H, COMMON = 6, 4, 5
OWNERS = torch.cat([torch.arange(N), torch.full((COMMON,), -1), torch.arange(N).repeat_interleave(H)])
M = len(OWNERS)


def same() -> SameKey:
    """Each anchor has the first candidate that it owns as its positive."""
    return SameKey(torch.arange(N), torch.where(torch.arange(M) < N, OWNERS, -1), local=True)


def owned() -> Owned:
    return Owned.of(torch.empty(N, 1), OWNERS)


def relations() -> dict[str, Relation]:
    g = torch.Generator().manual_seed(0)
    drawn = torch.rand(N, M, generator=g)
    some = Explicit(drawn < 0.2, drawn > 0.7)
    shifted = Owned.of(torch.empty(N, 1), OWNERS.roll(H))
    return {
        "owned": owned(),
        "restricted": same() * owned(),
        "both": same() & owned(),
        "either": Either(owned(), shifted),
        "either and all": Either(owned(), same()),
        "sparing": Sparing(owned(), some),
        "opposite": Opposite(owned()),
        "weighted": Weighted(same() * owned(), drawn.double()),
        "others": Others(same() * owned()),
        "all": same(),
    }


@pytest.mark.parametrize("name", relations())
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (4, 7), (6, 35)], ids=str)
def test_nothing_is_compared_outside_the_busy_rows(name, size):
    relation = relations()[name]
    for i, j in product(range(0, N, size[0]), range(0, M, size[1])):
        r, c = slice(i, min(i + size[0], N)), slice(j, min(j + size[1], M))
        busy = relation.busy(r, c)
        outside = torch.ones(r.stop - r.start, dtype=torch.bool)
        if busy.start < busy.stop:
            assert r.start <= busy.start < busy.stop <= r.stop
            outside[busy.start - r.start : busy.stop - r.start] = False
        assert not relation.tile(r, c).compared[outside].any()


@dataclass(frozen=True, kw_only=True)
class Everything(Objective):
    """It takes entries that the relation ignores: all of them, or those that are no positives."""

    needs = Needs.NOTHING
    masked: bool = True

    def terms(self, s_NM, rel):
        yield rows.sum(s_NM**2, where=~rel.positive if self.masked else None)
        yield cols.max(s_NM**3, where=rel.compared)

    def head(self, sums_N, most_M):
        return sums_N.sum() + most_M.masked_fill(most_M == -torch.inf, 0.0).sum()

    def reference(self, s_NM, rel, /):
        raise NotImplementedError


OBJECTIVES = [InfoNCE(), CLIP(), InfoNCE(similarity=NegativeEuclidean()), TaylorSoftmax()]
OBJECTIVES += [Everything(), Everything(masked=False)]


@pytest.mark.parametrize("objective", OBJECTIVES, ids=str)
@pytest.mark.parametrize("name", ["restricted", "weighted", "either and all"])
@pytest.mark.parametrize("plan", [Plan(1, 1), Plan(2, 3), Plan(4, 7), Plan(5, 5, compiled=False)], ids=str)
def test_value_and_gradient_are_those_of_the_dense_matrix(objective, name, plan):
    g = torch.Generator().manual_seed(1)
    a, b = (torch.randn(n, 3, generator=g, dtype=torch.float64).requires_grad_() for n in (N, M))
    loss, expected = (objective(a, b, relation=relations()[name], plan=one) for one in (plan, DENSE))
    torch.testing.assert_close(loss, expected)
    for one, other in zip(*(torch.autograd.grad(x, (a, b)) for x in (loss, expected)), strict=True):
        torch.testing.assert_close(one, other)


def made(objective: Objective, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Entries of all tiles, forward and backward."""
    sizes: list[int] = []
    real = tile_walk.product

    def counted(a, b, **more):
        sizes.append(len(a) * b.shape[1])
        return real(a, b, **more)

    monkeypatch.setattr(tile_walk, "product", counted)
    g = torch.Generator().manual_seed(1)
    a, b = (torch.randn(n, 3, generator=g, dtype=torch.float64).requires_grad_() for n in (N, M))
    forward = objective(a, b, relation=same() * owned(), plan=Plan(rows=N, cols=H))
    half = len(sizes)
    forward.backward()
    return [sum(sizes[:half]), sum(sizes[half:])]


def test_only_blocks_on_the_diagonal_are_made(monkeypatch):
    """Beside tiles with columns of everybody, and one that is made whole to see what terms do with ignored entries."""
    forward, backward = made(InfoNCE(), monkeypatch)
    assert forward < 0.62 * N * M
    assert backward < 0.55 * N * M
    assert made(Everything(), monkeypatch) == [N * M, N * M]
    assert made(Everything(masked=False), monkeypatch) == [N * M, N * M]
