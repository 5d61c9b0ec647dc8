"""Plans: dense when small, tiles of bounded size when large; what they may change is time, memory and nothing else."""

import pytest
import torch
from law_cases import cases, finished_classes, labels_of, variants
from law_checks import outcome, same
from staged import STAGED, Whole

from counterpoint.base.errors import InputError
from counterpoint.objectives import CLIP, InfoNCE, NTXent, SigLIP, SupCon
from counterpoint.pairwise import DENSE, NegativeSquaredEuclidean, Plan, SameKey, lse_tiles
from counterpoint.pairwise.plan import TILE_ENTRIES, Streams, choose


def test_small_is_dense():
    assert choose(1, 1) == DENSE
    for closed, streams, side in ((True, Streams.TILES, 512), (False, Streams.ROWS, 512), (False, Streams.TILES, 1024)):
        assert choose(side, side, closed=closed, streams=streams).dense
        assert not choose(side + 1, side, closed=closed, streams=streams).dense


@pytest.mark.parametrize("shape", [(1025, 1024), (4096, 4096), (2, 10**7), (10**7, 2), (10**6, 10**6)], ids=str)
def test_large_is_tiled_within_bounds(shape):
    plan = choose(*shape)
    assert not plan.dense
    assert 1 <= plan.rows <= shape[0]
    assert 1 <= plan.cols <= shape[1]
    assert plan.rows * plan.cols <= TILE_ENTRIES


def test_whole_rows_are_as_wide_as_the_matrix():
    for m in (10, 10**4, 10**7):
        plan = choose(10**5, m, streams=Streams.ROWS)
        assert plan.cols == m
        assert plan.rows == max(1, min(10**5, TILE_ENTRIES // m))


def test_tiles_are_smaller_where_a_pair_takes_more_numbers():
    for per_pair in (1, 64, 10**7):
        plan = choose(4096, 4096, per_pair=per_pair)
        assert plan.rows * plan.cols == max(1, TILE_ENTRIES // per_pair)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (-1, 3), (3, -1)], ids=str)
def test_empty_tiles_are_refused(shape):
    with pytest.raises(InputError, match="a tile needs at least one row and one column"):
        Plan(*shape)


def test_what_is_no_plan_is_refused():
    with pytest.raises(InputError, match="keep must be a number of bytes, got -1"):
        Plan(rows=2, cols=2, keep=-1)
    with pytest.raises(InputError, match="a dense plan has none"):
        Plan(rows=0, cols=0, bfloat16=True)


KEPT = [InfoNCE(), CLIP(), NTXent(), SupCon(), InfoNCE(temperature=0.01), InfoNCE(temperature=0.002)]
KEPT += [CLIP(similarity=NegativeSquaredEuclidean()), SigLIP()]


def run(objective, plan, *, twice=False):
    """The loss, and gradients of both sides and of the numbers; of a second backward pass too."""
    case = cases(objective, n=9, d=4)[0]
    leaves = {name: value.clone().requires_grad_() for name, value in case.embeddings().items()}
    numbers = {
        name: torch.tensor(float(getattr(objective, name)), dtype=torch.float64, requires_grad=True)
        for name in objective.numbers()
    }
    loss = objective(**leaves, **case.given(), **numbers, plan=plan)
    wanted = [*leaves.values(), *numbers.values()]
    found = [loss.detach(), *torch.autograd.grad(loss, wanted, retain_graph=twice)]
    if twice:
        found += torch.autograd.grad(loss, wanted)
    return found


@pytest.mark.parametrize("objective", KEPT, ids=str)
@pytest.mark.parametrize("keep", [1, 100, 200, 500, 10**6])
def test_however_many_tiles_are_kept_nothing_changes(objective, keep):
    """Of 9 x 9 float64 numbers, in tiles of up to 96 bytes: none, one, some, all."""
    for plan in (Plan(rows=3, cols=4), Plan(rows=4, cols=3), Plan(rows=99, cols=99)):
        expected = run(objective, plan)
        kept = Plan(plan.rows, plan.cols, keep=keep)
        for one, other in zip(run(objective, kept), expected, strict=True):
            torch.testing.assert_close(one, other)


def test_tiles_that_are_kept_are_not_made_again(monkeypatch):
    made = []
    real = lse_tiles.product
    monkeypatch.setattr(lse_tiles, "product", lambda *args, **more: made.append(1) or real(*args, **more))
    counts = []
    for keep in (0, 200, 10**6):
        made.clear()
        run(InfoNCE(), Plan(3, 4, keep=keep))
        counts.append(len(made))
    # 9 tiles, each of which is made twice unless it is kept; two of 96 bytes fit into 200.
    assert counts == [18, 16, 9]


@pytest.mark.parametrize("objective", KEPT, ids=str)
@pytest.mark.parametrize("plan", [None, Plan(3, 4), Plan(3, 4, keep=200), Plan(3, 4, keep=10**6)], ids=str)
def test_a_second_backward_pass_gives_the_same(objective, plan):
    """What was kept is still there, and unchanged."""
    found = run(objective, plan, twice=True)
    wanted = (len(found) - 1) // 2
    for one, other in zip(found[1 : 1 + wanted], found[1 + wanted :], strict=True):
        assert torch.equal(one, other)
    for one, other in zip(found, run(objective, DENSE), strict=False):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("objective", STAGED, ids=repr)
def test_a_second_backward_pass_through_stages_gives_the_same(objective):
    g = torch.Generator().manual_seed(0)
    a, b = (torch.randn(n, 3, generator=g, dtype=torch.float64).requires_grad_() for n in (7, 11))
    relation = SameKey(torch.arange(7), torch.arange(11) % 7)
    loss = objective(a, b, relation=relation, plan=Plan(2, 3))
    first = torch.autograd.grad(loss, (a, b), retain_graph=True)
    for one, other in zip(first, torch.autograd.grad(loss, (a, b)), strict=True):
        assert torch.equal(one, other)


def error_of_bfloat16(objective, *, dtype=torch.float32):
    """Error of the loss, and the largest error of a gradient over its largest entry, on 200 noisy pairs.

    Beside float64 on the same numbers: rounding those to begin with is not the plan's doing.
    """
    g = torch.Generator().manual_seed(0)
    a = torch.randn(200, 64, generator=g)
    a, b = a.to(dtype), (a + torch.randn(200, 64, generator=g)).to(dtype)

    def found(plan, dtype):
        x, y = (one.to(dtype).requires_grad_() for one in (a, b))
        loss = objective(x, y, plan=plan)
        return [one.double() for one in (loss.detach(), *torch.autograd.grad(loss, (x, y)))]

    exact = found(DENSE, torch.float64)
    rounded = found(Plan(rows=64, cols=96, bfloat16=True), dtype)
    errors = [((x - y).abs().max() / y.abs().max()).item() for x, y in zip(rounded[1:], exact[1:], strict=True)]
    return abs(rounded[0] - exact[0]).item(), max(errors)


ROUNDED = {
    "InfoNCE": InfoNCE(temperature=0.07),
    "CLIP": CLIP(temperature=0.07),
    "NTXent": NTXent(temperature=0.07),
    "SigLIP": SigLIP(),
}


@pytest.mark.parametrize("name", ROUNDED)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_bfloat16_tiles_are_off_by_no_more_than_is_stated(name, dtype):
    """The loss by 0.01 (a logit of 14 is rounded by up to 0.03), a gradient by 3 % of its largest entry; and both are
    rounded, which is what is measured."""
    loss, gradient = error_of_bfloat16(ROUNDED[name], dtype=dtype)
    assert 1e-6 < loss < 0.01
    assert 1e-3 < gradient < 0.03


def test_whole_objectives_see_the_whole_matrix_whatever_the_plan():
    g = torch.Generator().manual_seed(0)
    a, b = (torch.randn(n, 3, generator=g, dtype=torch.float64).requires_grad_() for n in (5, 5))
    s = 1.5 * torch.nn.functional.normalize(a) @ torch.nn.functional.normalize(b).T
    loss = torch.linalg.matrix_norm(s @ s.T) + s.sum(1).sin().sum()
    expected = (loss, *torch.autograd.grad(loss, (a, b)))
    for plan in (None, DENSE, Plan(2, 3)):
        found = Whole()(a, b, plan=plan)
        for one, other in zip((found, *torch.autograd.grad(found, (a, b))), expected, strict=True):
            torch.testing.assert_close(one, other)


class Small(Whole):
    most_entries = 20


def test_whole_objectives_refuse_what_would_not_fit():
    assert torch.isfinite(Small()(torch.eye(4, 3), torch.eye(4, 3)))
    for plan in (None, Plan(2, 2)):
        with pytest.raises(InputError, match=r"Small needs the whole matrix at once, and 5 x 5 similarities take"):
            Small()(torch.eye(5), torch.eye(5), plan=plan)


@pytest.mark.parametrize("plan", [None, Plan(rows=3, cols=4)], ids=["own", "tiles"])
@pytest.mark.parametrize("objective", variants(), ids=labels_of)
def test_the_same_call_gives_the_same_bits(objective, plan):
    for case in cases(objective, n=9):
        case = case.to(torch.float32)
        first, second = (outcome(objective, case, plan=plan) for _ in range(2))
        same(first, second, rtol=0, atol=0)


@pytest.mark.parametrize("objective", [one() for one in finished_classes()], ids=labels_of)
def test_the_same_large_call_gives_the_same_bits(objective):
    """Large enough for tiles by its own plan."""
    case = cases(objective, n=600, d=8, labels=list(range(600)))[0].to(torch.float32)
    first, second = (outcome(objective, case) for _ in range(2))
    same(first, second, rtol=0, atol=0)
