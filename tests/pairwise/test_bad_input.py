"""What cannot be computed is an InputError that names the argument and its shape, never a number or another error."""

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.objectives import (
    CLIP,
    DCL,
    HCL,
    Alignment,
    BarlowTwins,
    BatchHardTriplet,
    CoSENT,
    InfoNCE,
    NTXent,
    SemiHardTriplet,
    SigLIP,
    SmoothAP,
    SupCon,
    Uniformity,
)
from counterpoint.pairwise import DENSE, Dot, NegativeSquaredEuclidean, Plan, SameKey, Weighted

A, B = torch.eye(4, 6), torch.eye(4, 6).flip(0)
PAIRED = [InfoNCE(), CLIP(), NTXent(), SupCon(), DCL(), HCL(), SigLIP(), Alignment(), SmoothAP(), BatchHardTriplet()]
PAIRED += [SemiHardTriplet(), Uniformity(), BarlowTwins(), InfoNCE(similarity=Dot())]
PAIRED += [InfoNCE(similarity=NegativeSquaredEuclidean())]
SCORED = [CoSENT()]
PLANS = [None, DENSE, Plan(rows=2, cols=3), Plan(rows=2, cols=3, keep=1000)]

every_objective = pytest.mark.parametrize("objective", PAIRED + SCORED, ids=str)
every_plan = pytest.mark.parametrize("plan", PLANS, ids=str)


def spoilt(x, value):
    x = x.clone()
    x[2, 1] = value
    return x


BAD = {
    "another D": (A, B[:, :5], "candidates has D = 5, but the anchors have D = 6"),
    "NaN on the left": (spoilt(A, torch.nan), B, "anchors holds NaN or infinity, first in row 2"),
    "NaN on the right": (A, spoilt(B, torch.nan), "candidates holds NaN or infinity, first in row 2"),
    "infinity": (A, spoilt(B, -torch.inf), "candidates holds NaN or infinity, first in row 2"),
    "half-precision infinity": (A.half(), spoilt(B, torch.inf).half(), "candidates holds NaN or infinity"),
    "integers": (A.int(), B.int(), r"anchors must be floating point, got torch\.int32"),
    "booleans": (A.bool(), B.bool(), r"anchors must be floating point, got torch\.bool"),
    "complex numbers": (A + 0j, B + 0j, r"anchors must be floating point, got torch\.complex64"),
    "integers on the right": (A, B.long(), r"candidates must be floating point, got torch\.int64"),
    "another dtype": (A, B.double(), r"candidates has dtype torch\.float64, but the anchors have torch\.float32"),
    "nothing": (A[:0], B[:0], r"anchors must have shape \[N, D\] with at least one row, got \[0, 6\]"),
    "nothing on the right": (A, B[:0], r"candidates must have shape \[N, D\] with at least one row, got \[0, 6\]"),
    "no dimension": (A[:, :0], B[:, :0], r"anchors must have shape \[N, D\] with at least one row, got \[4, 0\]"),
    "a vector": (A[0], B, r"anchors must have shape \[N, D\] .*, got \[6\]"),
    "too many dimensions": (A, B[None], r"candidates must have shape \[N, D\] .*, got \[1, 4, 6\]"),
    "no tensor": (A.tolist(), B, "anchors must be a torch.Tensor, got list"),
    "None": (None, B, "anchors must be a torch.Tensor, got NoneType"),
}


@every_objective
@pytest.mark.parametrize("name", BAD)
def test_bad_embeddings_are_refused(objective, name):
    a, b, message = BAD[name]
    scored = {"scores": torch.arange(4.0)} if objective in SCORED else {}
    with pytest.raises(InputError, match=message) as error:
        objective(a, b, **scored)
    assert isinstance(error.value, ValueError)


@every_plan
@pytest.mark.parametrize("objective", [InfoNCE(), SigLIP()], ids=str)
def test_other_lengths_and_shapes_are_refused_by_every_plan(objective, plan):
    keys = torch.arange(4)
    for b, given, message in (
        (B[:3], {}, "3 candidates for 4 anchors"),
        (B, {"labels": keys[:3]}, r"labels must be 4 integers, one per anchor, got torch\.int64 \[3\]"),
        (B, {"labels": keys[:, None]}, r"labels must be 4 integers, one per anchor, got torch\.int64 \[4, 1\]"),
        (B, {"labels": keys.float()}, r"labels must be 4 integers, one per anchor, got torch\.float32 \[4\]"),
        (B, {"relation": SameKey(keys[:3], keys)}, r"relation has shape \[3, 4\], expected \[4, 4\]"),
        (B, {"relation": SameKey(keys, keys[:2])}, r"relation has shape \[4, 2\], expected \[4, 4\]"),
        (B, {"relation": Weighted(SameKey(keys, keys), torch.ones(4, 3))}, r"weights have shape \[4, 3\], expected"),
        (B, {"negatives": torch.ones(2, 5)}, "negatives has D = 5, but the anchors have D = 6"),
        (B, {"negatives": torch.full((2, 6), torch.nan)}, "negatives holds NaN or infinity, first in row 0"),
        (B, {"negatives": torch.ones(0, 6)}, r"negatives must have shape \[N, D\] .*, got \[0, 6\]"),
        (B, {"weights": torch.ones(3)}, r"weights must be 4 numbers, one per anchor, got torch\.float32 \[3\]"),
    ):
        with pytest.raises(InputError, match=message):
            objective(A, b, plan=plan, **given)


@pytest.mark.parametrize("objective", [NTXent(), SupCon(), DCL(), HCL(), BatchHardTriplet(), BarlowTwins()], ids=str)
def test_a_second_view_has_as_many_rows(objective):
    with pytest.raises(InputError, match="candidates must be a second view of the 4 anchors, got 3 rows"):
        objective(A, B[:3])


@pytest.mark.parametrize("objective", [NTXent(), SupCon(), InfoNCE()], ids=str)
def test_a_relation_among_stacked_views_is_of_both(objective):
    keys = torch.arange(5)
    expected = r"\[4, 4\]" if objective == InfoNCE() else r"\[8, 8\]"
    with pytest.raises(InputError, match=rf"relation has shape \[5, 5\], expected {expected}"):
        objective(A, B, relation=SameKey(keys, keys))


@pytest.mark.parametrize("value", [0.0, -0.1, float("nan"), float("inf")])
@pytest.mark.parametrize("kind", [InfoNCE, CLIP, NTXent, SupCon, DCL, HCL, SmoothAP, CoSENT])
def test_a_temperature_is_positive(kind, value):
    with pytest.raises(InputError, match="temperature must be a positive number, got"):
        kind(temperature=value)


@pytest.mark.parametrize("value", [0.0, -0.1, float("nan"), float("inf")])
@every_plan
def test_a_temperature_that_is_learnt_is_positive_too(plan, value):
    with pytest.raises(InputError, match="temperature must be a positive number, got"):
        InfoNCE()(A, B, plan=plan, temperature=torch.tensor(value, requires_grad=True))


SETTINGS = {
    SigLIP: "scale", Alignment: "alpha", Uniformity: "t", BarlowTwins: "off_diagonal", BatchHardTriplet: "margin",
    SemiHardTriplet: "margin",
}  # fmt: skip


@pytest.mark.parametrize(("kind", "name"), SETTINGS.items())
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_other_settings_are_positive(kind, name, value):
    with pytest.raises(InputError, match=f"{name} must be a positive number, got"):
        kind(**{name: value})


@pytest.mark.parametrize("shape", [(0, 1), (1, 0), (-2, 3), (3, -2)], ids=str)
def test_a_tile_holds_something(shape):
    with pytest.raises(InputError, match=f"at least one row and one column, got {shape[0]} x {shape[1]}"):
        Plan(*shape)


def test_scores_fit():
    for b, scores, message in (
        (B, None, "CoSENT needs two sides of scored pairs"),
        (None, torch.arange(4.0), "CoSENT needs two sides of scored pairs"),
        (B, torch.arange(3.0), r"got 4 anchors, 4 candidates and scores of shape \[3\]"),
        (B[:3], torch.arange(4.0), r"got 4 anchors, 3 candidates and scores of shape \[4\]"),
        (B, torch.full((4,), torch.nan), "scores must be real numbers"),
    ):
        with pytest.raises(InputError, match=message):
            CoSENT()(A, b, scores=scores)


@every_plan
def test_nothing_to_attract_is_an_error_and_not_a_number(plan):
    none = SameKey(torch.arange(4), torch.full((4,), -1))
    for objective in (InfoNCE(), CLIP(), Alignment(), SmoothAP()):
        with pytest.raises(InputError, match="none of the 4 anchors has a positive"):
            objective(A, B, relation=none, plan=plan)


@every_plan
def test_nothing_to_repel_is_an_error_where_something_is_needed(plan):
    for objective in (DCL(), HCL(), BatchHardTriplet(), SemiHardTriplet()):
        with pytest.raises(InputError, match="at least one negative for every anchor, and some anchor has none"):
            objective(A, labels=torch.zeros(4, dtype=torch.int64), plan=plan)
