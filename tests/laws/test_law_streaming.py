"""Streamed equals dense in value and in every gradient, whatever the tiles, shapes and labels."""

from dataclasses import replace

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from law_cases import cases, every_pairwise_call, labels_of, pairwise_variants
from law_checks import anchors_without_positives_allowed, outcome, same, streams

from counterpoint.pairwise import DENSE, NegativeVolume, Plan, Streams

TILES = [Plan(rows=1, cols=1), Plan(rows=3, cols=5), Plan(rows=4, cols=2, keep=150), Plan(rows=100, cols=100)]
"""Single entries, primes, ragged at the end (and the first few kept), and more than there is."""


@pytest.mark.parametrize(("objective", "case"), every_pairwise_call(), ids=labels_of)
def test_streamed_equals_dense(objective, case):
    dense = outcome(objective, case, plan=DENSE)
    for plan in TILES:
        same(outcome(objective, case, plan=plan), dense)


@st.composite
def shapes(draw):
    n = draw(st.sampled_from([1, 2, 3, 5, 6, 7, 11]))
    return {
        "n": n,
        "d": draw(st.integers(1, 4)),
        "labels": draw(st.lists(st.integers(-1, 3), min_size=n, max_size=n)),
        "seed": draw(st.integers(0, 2**16)),
        "plan": Plan(draw(st.integers(1, 13)), draw(st.integers(1, 13)), keep=draw(st.integers(0, 2000))),
        "which": draw(st.integers(0, 5)),
    }


@pytest.mark.parametrize("objective", pairwise_variants(), ids=labels_of)
@settings(max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(shape=shapes())
def test_streamed_equals_dense_for_all_shapes(objective, shape):
    plan, which = shape.pop("plan"), shape.pop("which")
    offered = cases(objective, **shape)
    streams(objective, offered[which % len(offered)], plan)


@pytest.mark.parametrize("objective", pairwise_variants(), ids=labels_of)
@settings(max_examples=5, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(shape=shapes())
def test_streamed_float32_equals_dense_float64_for_all_shapes(objective, shape):
    plan, which = shape.pop("plan"), shape.pop("which")
    offered = cases(objective, **shape)
    case = offered[which % len(offered)]
    found, expected = outcome(objective, case.to(torch.float32), plan=plan), outcome(objective, case)
    if isinstance(found, str) or isinstance(expected, str):
        assert found == expected
        return
    # Each by its own size and that of the loss: some gradients vanish, and what is left is rounding of larger numbers.
    for name, value in found.items():
        size = max(expected[name].abs().max().item(), abs(expected["loss"].item()), 1.0)
        error = (value.double() - expected[name]).abs().max().item()
        assert error < 2e-4 * size, f"{name} is off by {error:.1e}, and its size is {size:.1e}"


@pytest.mark.parametrize("objective", pairwise_variants(), ids=labels_of)
@pytest.mark.parametrize("frozen", ["anchors", "candidates"])
def test_a_side_without_gradient_changes_nothing_else(objective, frozen):
    """One tower may be locked, and a queue has no gradient; the streamed path then skips its products."""
    case = cases(objective)[0]
    inputs = {k: v.clone().requires_grad_(k != frozen) for k, v in case.embeddings().items()}
    if inputs.keys() != {"anchors", "candidates"}:
        pytest.skip("one tensor")
    (learning,) = inputs.keys() - {frozen}
    with anchors_without_positives_allowed():
        loss = objective(**inputs, **case.given(), plan=Plan(rows=4, cols=3))
    (gradient,) = torch.autograd.grad(loss, inputs[learning])
    expected = outcome(objective, case)
    assert isinstance(expected, dict)
    torch.testing.assert_close(gradient, expected[learning])


@pytest.mark.parametrize("objective", pairwise_variants(), ids=labels_of)
def test_autocast_reaches_neither_pass(objective):
    if objective.streams is Streams.WHOLE or isinstance(objective.similarity, NegativeVolume):
        pytest.skip("the whole matrix is differentiated by plain autograd, which follows the caller's autocast")
    case = cases(objective)[0].to(torch.float32)
    found = []
    for enabled in (False, True):
        leaves = {k: v.clone().requires_grad_() for k, v in case.embeddings().items()}
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled), anchors_without_positives_allowed():
            loss = objective(**leaves, **case.given(), plan=Plan(rows=4, cols=3))
            loss.backward()
        found.append({"loss": loss.detach(), **{k: v.grad for k, v in leaves.items()}})
    same(found[1], found[0], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("objective", pairwise_variants(), ids=labels_of)
def test_without_gradient_it_is_only_a_number(objective):
    case = cases(objective)[0]
    with torch.no_grad(), anchors_without_positives_allowed():
        loss = objective(**case.embeddings(), **case.given(), plan=Plan(rows=4, cols=3))
    assert not loss.requires_grad
    again = outcome(objective, replace(case))
    assert isinstance(again, dict)
    torch.testing.assert_close(loss, again["loss"])
