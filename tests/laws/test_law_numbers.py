"""Precision, degenerate inputs and what is lacking: a declared value or a clear error, never NaN."""

from dataclasses import replace

import pytest
import torch
from law_cases import Case, cases, every_call, finished_classes, labels_of, pairwise_variants, variants
from law_checks import close, finite, outcome

from counterpoint.base.errors import InputError
from counterpoint.pairwise import DENSE, EachView, Needs, Objective, Plan, SelfLabelled

PLANS = [DENSE, Plan(rows=2, cols=3)]


@pytest.mark.parametrize(("objective", "case"), every_call(), ids=labels_of)
def test_float32_is_close_to_float64(objective, case):
    found, expected = outcome(objective, case.to(torch.float32)), outcome(objective, case)
    assert isinstance(found, dict)
    assert isinstance(expected, dict)
    assert all(found[name].dtype is torch.float32 for name in case.embeddings())
    close(found, expected, relative=1e-4)


@pytest.mark.parametrize(("objective", "case"), every_call(), ids=labels_of)
def test_bfloat16_is_computed_in_float32(objective, case):
    """The loss loses nothing beyond the rounding of its inputs; gradients come back rounded to their dtype."""
    rounded = case.to(torch.bfloat16)
    found, expected = outcome(objective, rounded), outcome(objective, rounded.to(torch.float64))
    assert isinstance(found, dict)
    assert isinstance(expected, dict)
    assert found["loss"].item() == pytest.approx(expected["loss"].item(), rel=1e-4, abs=1e-4)
    close(found, expected, relative=1e-2)


def sharp():
    """Every objective that has a temperature or a scale, at the coldest that is in use."""
    extremes = {"temperature": 0.01, "scale": 100.0}
    for one in finished_classes():
        default = one()
        settings = {name: value for name, value in extremes.items() if name in default.numbers()}
        yield replace(default, **settings)


def degenerate(case: Case, *, huge: float) -> dict[str, Case]:
    """Inputs at which a formula may divide by zero, overflow or compare equal numbers."""

    def every(change) -> Case:
        return replace(case, **{name: change(value) for name, value in case.embeddings().items()})

    return {
        "equal rows": every(torch.ones_like),
        "zero rows": every(torch.zeros_like),
        "one zero row": every(lambda x: torch.cat([torch.zeros_like(x[:1]), x[1:]])),
        "opposite rows": replace(every(torch.ones_like), anchors=-torch.ones_like(case.anchors)),
        "duplicates": every(lambda x: torch.cat([x[:1], x[:1], x[2:]])),
        "orthogonal rows": every(lambda x: torch.eye(*x.shape[-2:], dtype=x.dtype).expand(x.shape)),
        "tiny rows": every(lambda x: 1e-30 * x),
        "huge rows": every(lambda x: huge * x),
    }


@pytest.mark.parametrize(("dtype", "plan"), [(torch.float64, DENSE), (torch.float32, PLANS[1])], ids=["dense", "tiled"])
@pytest.mark.parametrize("objective", list(sharp()), ids=labels_of)
def test_degenerate_inputs_are_finite(objective, dtype, plan):
    # Fourth powers of rows that are not normalised, as of covariances, must fit into float32.
    huge = 1e15 if isinstance(objective, Objective) else 1e6
    for case in cases(objective):
        for name, hard in degenerate(case.to(dtype), huge=huge).items():
            found = outcome(objective, hard, plan=plan)
            assert isinstance(found, dict), f"{name}: {found}"
            finite(found)


@pytest.mark.parametrize("plan", PLANS, ids=["dense", "tiled"])
@pytest.mark.parametrize("objective", variants(), ids=labels_of)
def test_one_sample_is_a_value_or_an_error(objective, plan):
    for case in cases(objective, n=1):
        finite(outcome(objective, case, plan=plan))


def relational():
    """Objectives on a relation that the caller may give, as opposed to scores or features."""
    return [
        one
        for one in pairwise_variants()
        if not one.prototypes and not isinstance(one, EachView) and not one.needs & (Needs.SCORES | Needs.VIEWS)
    ]


@pytest.mark.parametrize("plan", PLANS, ids=["dense", "tiled"])
@pytest.mark.parametrize("objective", relational(), ids=labels_of)
def test_no_positives_is_an_error_exactly_when_they_are_needed(objective, plan):
    rows = next(case for case in cases(objective, labels=[0, 1, 2, 3, 4, 5]) if case.name == "labelled rows")
    found = outcome(objective, rows, plan=plan)
    if Needs.POSITIVES in objective.needs:
        assert isinstance(found, str)
        assert "none of the 6 anchors has a positive" in found
    else:
        assert isinstance(found, dict), found
        finite(found)


@pytest.mark.parametrize("plan", PLANS, ids=["dense", "tiled"])
@pytest.mark.parametrize("objective", relational(), ids=labels_of)
def test_no_negatives_is_an_error_exactly_when_they_are_needed(objective, plan):
    rows = next(case for case in cases(objective, labels=[0] * 6) if case.name == "labelled rows")
    found = outcome(objective, rows, plan=plan)
    if Needs.NEGATIVES in objective.needs:
        assert isinstance(found, str)
        assert "negative" in found
    else:
        assert isinstance(found, dict), found
        finite(found)


@pytest.mark.parametrize("objective", variants(), ids=labels_of)
def test_scores_are_asked_for_exactly_when_they_are_needed(objective):
    labels = torch.arange(4) if getattr(objective, "prototypes", False) or Needs.LABELS in objective.needs else None
    x, y = torch.eye(4), torch.tensor([1.0, 2.0, 3.0, 4.0])
    views = x[:, None].expand(4, 2, 4) if isinstance(objective, SelfLabelled) else x
    candidates = x.repeat_interleave(getattr(objective, "per_class", 1), dim=0)
    scored = Case(name="scored", anchors=views, candidates=candidates, scores=y, labels=labels)
    pairs = replace(scored, scores=None)
    accepted, refused = (scored, pairs) if Needs.SCORES in objective.needs else (pairs, scored)
    assert isinstance(outcome(objective, accepted), dict)
    message = outcome(objective, refused)
    assert isinstance(message, str)
    assert "scores" in message


def ordering():
    """Objectives that scores tell an order, and not what similarities should be."""
    return [one for one in variants() if Needs.SCORES in one.needs and not getattr(one, "absolute", False)]


@pytest.mark.parametrize("plan", PLANS, ids=["dense", "tiled"])
@pytest.mark.parametrize("objective", ordering(), ids=labels_of)
def test_equal_scores_order_nothing(objective, plan):
    (case,) = cases(objective)
    found = outcome(objective, replace(case, scores=torch.full((6,), 2.0)), plan=plan)
    assert isinstance(found, dict)
    assert all((value == 0).all() for value in found.values())


@pytest.mark.parametrize("objective", variants(), ids=labels_of)
def test_bad_embeddings_are_named(objective):
    case = cases(objective)[0]
    for name, value in case.embeddings().items():
        broken = value.clone()
        broken[2, ..., 1] = torch.nan
        message = outcome(objective, replace(case, **{name: broken}))
        assert message == f"{name} holds NaN or infinity, first in row 2"


@pytest.mark.parametrize("objective", [one() for one in finished_classes()], ids=labels_of)
def test_settings_are_numbers(objective):
    for name in objective.numbers():
        for value in (float("nan"), float("inf")):
            with pytest.raises(InputError, match=f"{name} must be"):
                replace(objective, **{name: value})
