"""The fused kernels against a dense float64 matrix; run by test_triton.py in a process of its own.

Triton decides when it is imported whether its kernels are interpreted, so that process must be told before it starts:
TRITON_INTERPRET=1 for CPU tensors. Without it the same cases run on a GPU.
"""

import os
from dataclasses import dataclass, field

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize
from triton_ring_work import LOSSES, called, work

from counterpoint.base.errors import InputError
from counterpoint.pairwise import Plan
from counterpoint.pairwise.keys import Keys
from counterpoint.pairwise.lse_tiles import Ask, Walk
from counterpoint.pairwise.rotation import Rotation
from counterpoint.pairwise.streamed_lse import log_sum_exps
from counterpoint.pairwise.terms import Axis
from counterpoint.pairwise.trace import Which
from counterpoint.pairwise.triton import fused_log_sum_exps
from counterpoint.pairwise.triton.blocks import Blocks, Tuning
from processes import together

DEVICE = "cpu" if os.environ.get("TRITON_INTERPRET") == "1" else "cuda"
ROWS, COLS, BOTH = (Axis.ROWS,), (Axis.COLS,), (Axis.ROWS, Axis.COLS)
EVERY = (None, *Which)


def tuned(mine: int, theirs: int, depth: int, out: int, programs: int = 1) -> Tuning:
    forward = Blocks(mine=mine, theirs=theirs, depth=depth, out=depth, warps=4, stages=1)
    backward = Blocks(mine=mine, theirs=theirs, depth=depth, out=out, warps=4, stages=1)
    return Tuning(forward, backward, programs)


TUNINGS = {
    "chosen": None,
    "held": tuned(16, 16, 256, 256),
    "chunks and pieces": tuned(16, 32, 32, 32),
    "wide pieces": tuned(32, 16, 16, 32),
    "shared walks": tuned(16, 16, 32, 32, programs=7),
}
SMALL = tuned(32, 16, 64, 64)
"""Several blocks and steps of the usual case, each row held: the interpreter takes a millisecond for a line."""


@dataclass
class Case:
    """Inputs of one call, and what the loss does with what comes back."""

    keys: Keys
    asks: tuple[Ask, ...]
    a: Tensor
    b: Tensor
    scales: list[Tensor]
    shifts: list[Tensor]
    margin: float = 0.0
    tuning: Tuning | None = field(default_factory=lambda: SMALL)

    def fused(self) -> list[dict[Axis, Tensor]]:
        return fused_log_sum_exps(
            self.walk(Plan(1, 1)), self.a, self.b, self.scales, self.shifts, margin=self.margin, tuning=self.tuning
        )

    def walk(self, plan: Plan) -> Walk:
        """On one process; kernels have blocks of their own, whatever the plan."""
        return Walk(self.keys, self.asks, plan, Rotation.alone(len(self.b)))

    def dense(self) -> list[dict[Axis, Tensor]]:
        """The definition, in the dtype of the inputs."""
        s = self.a @ self.b.T
        n, m = s.shape
        other = torch.ones(n, m, dtype=torch.bool, device=s.device)
        if self.keys.first is not None:
            own = torch.arange(n, device=s.device) + self.keys.first
            other = own[:, None] != torch.arange(m, device=s.device)
        anchors, candidates = self.keys.anchor_keys[:, None], self.keys.candidate_keys
        positive = other & (anchors == candidates) & (anchors >= 0)
        s = s + self.margin * positive.to(s.dtype)
        masks = {None: torch.ones_like(other), Which.COMPARED: other, Which.POSITIVE: positive}
        masks[Which.NEGATIVE] = other & ~positive
        found: list[dict[Axis, Tensor]] = []
        for ask, scale, shift in zip(self.asks, self.scales, self.shifts, strict=True):
            x = torch.where(masks[ask.which], scale * s + shift, -torch.inf)
            found.append({axis: x.logsumexp(axis.summed) for axis in ask.axes})
        return found

    @property
    def leaves(self) -> list[Tensor]:
        every = [self.a, *([] if self.a is self.b else [self.b]), *self.scales, *self.shifts]
        return [one for one in every if one.requires_grad]

    def in_float64(self) -> "Case":
        def leaf(x: Tensor) -> Tensor:
            return x.detach().double().requires_grad_(x.requires_grad)

        a = leaf(self.a)
        b = a if self.b is self.a else leaf(self.b)
        scales, shifts = [leaf(one) for one in self.scales], [leaf(one) for one in self.shifts]
        return Case(self.keys, self.asks, a, b, scales, shifts, self.margin)


def loss_of(found: list[dict[Axis, Tensor]]) -> Tensor:
    """Every finite statistic, each with a weight of its own sign and size."""
    flat = torch.cat([one for by_axis in found for one in by_axis.values()])
    weights = torch.linspace(-1.0, 1.5, len(flat), dtype=flat.dtype, device=flat.device)
    return (weights * torch.where(flat.isfinite(), flat, 0.0)).sum()


def case(
    n: int = 19,
    m: int = 37,
    width: int = 33,
    *,
    asks: tuple[Ask, ...] = (Ask(BOTH, Which.COMPARED),),
    first: int | None = None,
    labels: int = 4,
    dtype: torch.dtype = torch.float32,
    scale: float = 3.0,
    margin: float = 0.0,
    tuning: Tuning | None = SMALL,
    mirrored: bool = False,
) -> Case:
    """Unit rows; keys from -1 to ``labels - 1``."""
    generator = torch.Generator().manual_seed(n + 100 * m + width)

    def leaf(x: Tensor, dtype: torch.dtype) -> Tensor:
        return x.to(DEVICE, dtype).requires_grad_()

    a, b = (leaf(normalize(torch.randn(k, width, generator=generator)), dtype) for k in (n, m))
    rows, cols = (torch.randint(-1, labels, (k,), generator=generator).to(DEVICE) for k in (n, m))
    if mirrored:
        b, cols = a, rows
    scales = [leaf(torch.tensor(scale / (1 + 0.7 * k)), torch.float32) for k in range(len(asks))]
    shifts = [leaf(torch.tensor(0.3 * k - 0.2), torch.float32) for k in range(len(asks))]
    return Case(Keys(rows, cols, first), asks, a, b, scales, shifts, margin, tuning)


def agree(given: Case, *, value: float = 1e-5, gradient: float = 1e-5) -> None:
    """Statistics within ``value``, gradients within ``gradient`` of the largest one of their tensor."""
    exact = given.in_float64()
    found, wanted = given.fused(), exact.dense()
    for ours, theirs in zip(found, wanted, strict=True):
        assert list(ours) == list(theirs)
        for axis, lse in ours.items():
            assert lse.dtype == torch.float32
            torch.testing.assert_close(lse.double(), theirs[axis], rtol=value, atol=value)
    grads = torch.autograd.grad(loss_of(found), given.leaves)
    for leaf, ours, theirs in zip(given.leaves, grads, torch.autograd.grad(loss_of(wanted), exact.leaves), strict=True):
        assert (ours.dtype, ours.shape) == (leaf.dtype, leaf.shape)
        # The gradient of a scale is a sum over all pairs that may cancel: its yardstick is at least 1.
        size = max(float(theirs.abs().max()), 1.0 if leaf.ndim == 0 else 1e-30)
        torch.testing.assert_close(ours.double() / size, theirs / size, rtol=0, atol=gradient)


@pytest.mark.parametrize("which", EVERY, ids=str)
@pytest.mark.parametrize("axes", [ROWS, COLS, BOTH], ids=["rows", "cols", "both"])
@pytest.mark.parametrize("first", [None, 5])
def test_one_ask(which: Which | None, axes: tuple[Axis, ...], first: int | None) -> None:
    agree(case(asks=(Ask(axes, which),), first=first))


@pytest.mark.parametrize("tuning", TUNINGS.values(), ids=TUNINGS)
@pytest.mark.parametrize(("n", "m", "width"), [(1, 1, 1), (1, 7, 33), (19, 1, 5), (18, 33, 130), (32, 64, 16)])
def test_shapes_and_blocks(n: int, m: int, width: int, tuning: Tuning | None) -> None:
    agree(case(n, m, width, asks=(Ask(BOTH, None), Ask(ROWS, Which.NEGATIVE)), tuning=tuning))


MIXED = (
    Ask(BOTH, Which.POSITIVE), Ask(ROWS, Which.NEGATIVE), Ask(COLS, None), Ask((Axis.COLS, Axis.ROWS), Which.COMPARED),
    Ask(COLS, Which.POSITIVE),
)  # fmt: skip


@pytest.mark.parametrize("margin", [0.0, 0.4])
@pytest.mark.parametrize("tuning", TUNINGS.values(), ids=TUNINGS)
def test_several_asks_and_margins(margin: float, tuning: Tuning | None) -> None:
    agree(case(asks=MIXED, first=2, margin=margin, tuning=tuning))


@pytest.mark.parametrize("which", EVERY, ids=str)
def test_margin_with_one_ask(which: Which | None) -> None:
    """Also where the ask alone would need no keys; a row with itself is no positive."""
    agree(case(20, 30, asks=(Ask(BOTH, which),), first=1, margin=-0.5))


@pytest.mark.parametrize("first", [None, 0])
@pytest.mark.parametrize("margin", [0.0, 0.2])
def test_rows_among_themselves(first: int | None, margin: float) -> None:
    given = case(29, 29, asks=MIXED, first=first, margin=margin, mirrored=True)
    assert given.keys.symmetric
    agree(given)


def test_the_same_rows_in_an_asymmetric_relation() -> None:
    given = case(29, 29, asks=MIXED, first=0, mirrored=True)
    given.keys = Keys(given.keys.anchor_keys, given.keys.candidate_keys.roll(1), 0)
    assert not given.keys.symmetric
    agree(given)


@pytest.mark.parametrize("programs", [1, 3])
@pytest.mark.parametrize(("dtype", "gradient"), [(torch.bfloat16, 2e-2), (torch.float16, 1e-3)], ids=str)
def test_half_precision(dtype: torch.dtype, gradient: float, programs: int) -> None:
    """Statistics are exact up to float32; weights and gradients are rounded to the dtype, by 2^-9 and 2^-12 at most.

    The interpreter cuts bfloat16 off instead of rounding it: twice as much, and always in the same direction.
    """
    tuning = tuned(32, 16, 32, 32, programs)
    agree(case(asks=MIXED, first=2, dtype=dtype, scale=20.0, margin=0.2, tuning=tuning), gradient=gradient)


def test_float16_keeps_weak_pulls() -> None:
    """Weights of one and a half times the smallest float16 number would be off by a third."""
    given = case(20, 64, 16, asks=(Ask(ROWS, None),), dtype=torch.float16, scale=1e-3)
    given.b = (1 + given.b.detach() / 8).requires_grad_()
    given.scales, given.shifts = [given.scales[0].detach() * 1000], [given.shifts[0].detach()]
    exact = given.in_float64()
    pull = 1.5 * 2.0**-24 * 64
    (ours,) = torch.autograd.grad(given.fused()[0][Axis.ROWS].sum() * pull, [given.a])
    (theirs,) = torch.autograd.grad(exact.dense()[0][Axis.ROWS].sum() * pull, [exact.a])
    torch.testing.assert_close(ours.double(), theirs, rtol=1e-2, atol=0)


@pytest.mark.parametrize("scale", [100.0, -100.0, 1e4, 0.0])
def test_extreme_scales(scale: float) -> None:
    """Logits of 1e4 overflow unless the maximum is taken away first; float32 rounds them by 1e-3."""
    tolerance = max(1e-5, 2e-7 * abs(scale))
    agree(case(asks=(Ask(BOTH, Which.NEGATIVE), Ask(BOTH, None)), scale=scale), value=1e-5, gradient=20 * tolerance)


@pytest.mark.parametrize("tuning", ["held", "shared walks"])
@pytest.mark.parametrize("scale", [1e10, -1e20, 1e30, 1e36])
def test_scores_whose_rounding_is_more_than_a_unit(scale: float, tuning: str) -> None:
    """A softmax is its largest entry there; made again, that entry may differ from its sum by far more than a unit."""
    agree(case(asks=(Ask(BOTH, Which.NEGATIVE), Ask(ROWS, None)), scale=scale, tuning=TUNINGS[tuning]))


def test_nobody_takes_part() -> None:
    """-inf, gradients of zero, and whatever comes back along -inf is ignored."""
    given = case(asks=(Ask(BOTH, Which.POSITIVE), Ask(BOTH, Which.NEGATIVE)))
    given.keys = Keys(torch.full_like(given.keys.anchor_keys, -2), torch.full_like(given.keys.candidate_keys, -2), None)
    positive, negative = given.fused()
    assert (torch.cat(list(positive.values())) == -torch.inf).all()
    assert torch.cat(list(negative.values())).isfinite().all()
    for pull in (1.0, torch.nan, torch.inf):
        lse = positive[Axis.ROWS]
        grads = torch.autograd.grad(
            lse, [given.a, given.b, given.scales[0]], torch.full_like(lse, pull), retain_graph=True
        )
        assert all((one == 0).all() for one in grads)


def test_some_rows_have_nobody() -> None:
    given = case(labels=60, asks=(Ask(BOTH, Which.POSITIVE), Ask(ROWS, Which.COMPARED)), first=0)
    (positive, _) = given.fused()
    empty = positive[Axis.ROWS] == -torch.inf
    assert empty.any()
    assert not empty.all()
    agree(given)
    (grad,) = torch.autograd.grad(torch.where(empty, 0.0, positive[Axis.ROWS]).sum(), [given.a])
    assert (grad[empty] == 0).all()
    assert (grad[~empty] != 0).any(1).all()


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_empty_sides(size: tuple[int, int]) -> None:
    given = case(*size, asks=(Ask(BOTH, None),))
    (found,) = given.fused()
    assert [len(found[axis]) for axis in BOTH] == list(size)
    assert all((one == -torch.inf).all() for one in found.values())
    grads = torch.autograd.grad(loss_of([found]), [given.a, given.b, *given.scales])
    assert all((one == 0).all() for one in grads)


@pytest.mark.parametrize("programs", [1, 5])
def test_twice_the_same_bits(programs: int) -> None:
    given = case(asks=MIXED[:2], first=2, margin=0.1, tuning=tuned(32, 16, 32, 32, programs))
    runs = []
    for _ in range(2):
        found = given.fused()
        grads = torch.autograd.grad(loss_of(found), given.leaves)
        runs.append([*(one for by_axis in found for one in by_axis.values()), *grads])
    assert all(torch.equal(one, other) for one, other in zip(*runs, strict=True))


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("first", [None, 0])
def test_what_the_tiles_say(mirrored: bool, first: int | None) -> None:
    given = case(31, 31 if mirrored else 47, asks=MIXED, first=first, mirrored=mirrored)
    found = given.fused()
    wanted = log_sum_exps(given.walk(Plan(rows=8, cols=16)), given.a, given.b, given.scales, given.shifts, bound=None)
    assert [list(one) for one in found] == [list(one) for one in wanted]
    grads = [torch.autograd.grad(loss_of(one), given.leaves) for one in (found, wanted)]
    for ours, theirs in zip(found, wanted, strict=True):
        for axis, lse in ours.items():
            torch.testing.assert_close(lse, theirs[axis], rtol=1e-5, atol=1e-5)
    for one, other in zip(*grads, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("learned", ["a", "b", "scales", "shifts"])
def test_only_one_input_learns(learned: str) -> None:
    given = case(asks=MIXED, margin=0.1)
    for name in ("a", "b", "scales", "shifts"):
        if name != learned:
            held = getattr(given, name)
            setattr(given, name, [one.detach() for one in held] if isinstance(held, list) else held.detach())
    agree(given)


def test_strided_rows_and_short_keys() -> None:
    given = case(asks=MIXED, first=1)
    a, b = given.a.detach().T.contiguous(), given.b.detach().repeat_interleave(2, 0)
    given.a, given.b = a.T.requires_grad_(), b[::2].requires_grad_()
    assert not given.a.is_contiguous()
    assert not given.b.is_contiguous()
    given.keys = Keys(given.keys.anchor_keys.int(), given.keys.candidate_keys.repeat_interleave(2)[::2], 1)
    agree(given)


def test_scales_of_another_dtype_and_shape() -> None:
    given = case(asks=(Ask(BOTH, None),))
    given.scales = [given.scales[0].detach().double().requires_grad_()]
    agree(given)


def test_no_asks() -> None:
    given = case(asks=())
    assert given.fused() == []


def test_second_derivatives_are_refused() -> None:
    given = case()
    with pytest.raises(InputError, match="first derivatives only"):
        torch.autograd.grad(loss_of(given.fused()), given.a, create_graph=True)


@pytest.mark.skipif(DEVICE != "cpu", reason="two processes with one GPU")
def test_in_the_ring_two_processes_are_one() -> None:
    """Blocks of candidates and their gradients travel; shares are uneven."""
    found = together(work, 2)
    for name in LOSSES:
        assert [one[name].pop("launched") for one in found] == [1, 1]
        expected = called(name, slice(None), fused=False)
        first, second = (one[name] for one in found)
        assert torch.equal(first["loss"], second["loss"])
        averaged = {"loss": first["loss"], "temperature": (first["temperature"] + second["temperature"]) / 2}
        averaged |= {side: torch.cat([first[side], second[side]]) / 2 for side in ("a", "b")}
        for key, value in averaged.items():
            torch.testing.assert_close(value.double(), expected[key], rtol=1e-4, atol=1e-5, msg=f"{name}: {key}")
