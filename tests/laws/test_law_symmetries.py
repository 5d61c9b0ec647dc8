"""What must not change a loss, and losses that are special cases of others."""

from dataclasses import replace

import pytest
import torch
from law_cases import cases, every_call, labels_of, pairwise_variants, variants
from law_checks import outcome, same
from torch.nn.functional import cross_entropy, normalize

from counterpoint.objectives import CLIP, DCL, Alignment, InfoNCE, NTXent, SigLIP, SupCon, Uniformity
from counterpoint.pairwise import Cosine, Needs, Plan


@pytest.mark.parametrize(("objective", "case"), every_call(), ids=labels_of)
def test_the_order_of_anchors_means_nothing(objective, case):
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    moved = {"anchors": case.anchors[order]}
    for name in ("labels", "scores"):
        if getattr(case, name) is not None:
            moved[name] = getattr(case, name)[order]
    if case.owners is not None:
        # Anchor order[i] is now at i, and its candidates say so.
        now_at = torch.cat([torch.argsort(order), torch.tensor([-1])])
        moved["owners"] = now_at[case.owners]
    elif case.candidates is not None and not case.prototypes:
        moved["candidates"] = case.candidates[order]
    found, expected = outcome(objective, replace(case, **moved)), outcome(objective, case)
    assert isinstance(expected, dict)
    for name in moved.keys() & expected.keys():
        expected[name] = expected[name][order]
    same(found, expected)


@pytest.mark.parametrize("objective", [one for one in variants() if Needs.SCORES not in one.needs], ids=labels_of)
def test_the_order_of_candidates_means_nothing(objective):
    for case in cases(objective):
        if case.owners is not None and case.candidates is not None:
            order = torch.randperm(len(case.owners), generator=torch.Generator().manual_seed(0))
            moved = replace(case, candidates=case.candidates[order], owners=case.owners[order])
            expected = outcome(objective, case)
            assert isinstance(expected, dict)
            same(outcome(objective, moved), expected | {"candidates": expected["candidates"][order]})


@pytest.mark.parametrize(
    "objective", [one for one in pairwise_variants() if one.similarity == Cosine() and not one.features], ids=labels_of
)
def test_the_length_of_rows_means_nothing_to_a_cosine(objective):
    for case in cases(objective):
        longer = {
            name: x * torch.linspace(0.1, 9, x[..., 0].numel(), dtype=x.dtype).reshape(*x.shape[:-1], 1)
            for name, x in case.embeddings().items()
        }
        found, expected = outcome(objective, replace(case, **longer)), outcome(objective, case)
        assert isinstance(found, dict)
        assert isinstance(expected, dict)
        torch.testing.assert_close(found["loss"], expected["loss"])


def two_views(n: int = 5, d: int = 3):
    g = torch.Generator().manual_seed(4)
    return (torch.randn(n, d, generator=g, dtype=torch.float64).requires_grad_() for _ in range(2))


def agree(one: torch.Tensor, other: torch.Tensor, *leaves: torch.Tensor) -> None:
    """Equal value and gradients."""
    torch.testing.assert_close(one, other)
    for left, right in zip(torch.autograd.grad(one, leaves), torch.autograd.grad(other, leaves), strict=True):
        torch.testing.assert_close(left, right)


@pytest.mark.parametrize("objective", [one for one in variants() if one.joint], ids=labels_of)
def test_stacked_views_may_be_swapped(objective):
    a, b = two_views()
    agree(objective(a, b), objective(b, a), a, b)


@pytest.mark.parametrize("objective", [CLIP(), SigLIP(), Alignment(alpha=1.5)], ids=labels_of)
def test_towers_may_be_swapped(objective):
    a, b = two_views()
    agree(objective(a, b), objective(b, a), a, b)


def test_info_nce_is_cross_entropy():
    a, b = two_views()
    logits = normalize(a) @ normalize(b).T / 0.3
    agree(InfoNCE(temperature=0.3)(a, b), cross_entropy(logits, torch.arange(5)), a, b)


def test_clip_is_the_mean_of_both_directions():
    a, b = two_views()
    one = InfoNCE(temperature=0.3)
    agree(CLIP(temperature=0.3)(a, b), (one(a, b) + one(b, a)) / 2, a, b)


def test_supcon_without_labels_is_ntxent():
    a, b = two_views()
    agree(SupCon(temperature=0.3)(a, b), NTXent(temperature=0.3)(a, b), a, b)
    y = torch.tensor([1, 0, 1, 0, 1])
    agree(SupCon(temperature=0.3)(a, labels=y), InfoNCE(temperature=0.3)(a, labels=y), a)


def test_two_views_with_labels_are_a_stack_with_labels():
    a, b = two_views()
    y = torch.tensor([1, 0, 1, 0, 2])
    stacked = SupCon()(torch.cat([a, b]), labels=torch.cat([y, y]))
    agree(SupCon()(a, b, labels=y), stacked, a, b)


def test_dcl_is_ntxent_without_the_positive_in_the_denominator():
    a, b = two_views()
    z = normalize(torch.cat([a, b]))
    s = z @ z.T / 0.3
    positive = s[torch.arange(10), torch.arange(10).roll(5)]
    softmax = NTXent(temperature=0.3)(a, b)
    whole = (s.fill_diagonal_(-torch.inf)).logsumexp(1)
    without = torch.log(whole.exp() - positive.exp())
    agree(DCL(temperature=0.3)(a, b), softmax + (without - whole).mean(), a, b)


def test_alignment_and_uniformity_by_the_authors_definition():
    """Their two functions: the mean powered norm, and the logarithm of a mean over torch.pdist."""
    a, b = two_views()
    agree(Alignment(alpha=1.5)(a, b), (normalize(a) - normalize(b)).norm(dim=1).pow(1.5).mean(), a, b)
    agree(Uniformity(t=3)(a), torch.pdist(normalize(a)).pow(2).mul(-3).exp().mean().log(), a)


def test_negatives_are_candidates_that_belong_to_nobody():
    a, b = two_views()
    extra = torch.randn(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).requires_grad_()
    logits = normalize(a) @ normalize(torch.cat([b, extra])).T / 0.07
    expected = cross_entropy(logits, torch.arange(5))
    agree(InfoNCE()(a, b, negatives=extra, plan=Plan(2, 2)), expected, a, b, extra)
