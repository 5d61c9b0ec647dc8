"""Codes against each other (cMIM), heads with temperatures for every pair (AMCL), pairs that are alike (CCSL, CSSL)."""

import pytest
import torch
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import AMCL, CCSL, CMIM, CSSL, Alignment
from counterpoint.pairwise import Plan

N, D = 6, 4


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).requires_grad_()


def test_a_code_among_equals_is_told_with_probability_one_half_whatever_the_batch():
    for n in (2, 8, 64):
        assert CMIM()(torch.ones(n, D)).item() == pytest.approx(0.6931, abs=1e-4)


def test_the_matching_probability_by_its_definition():
    z, t = drawn(N, D), 0.3
    s = normalize(z) @ normalize(z).T
    others = (torch.exp(s / t).sum(1) - torch.exp(s.diagonal() / t)) / (N - 1)
    expected = -torch.log(torch.exp(s.diagonal() / t) / (torch.exp(s.diagonal() / t) + others)).mean()
    found = CMIM(temperature=t)(z, plan=Plan(rows=4, cols=3))
    torch.testing.assert_close(found, expected)


def test_one_code_has_nothing_to_be_told_from():
    with pytest.raises(InputError, match="CMIM needs at least two rows"):
        CMIM()(torch.ones(1, D))


def with_outputs(z: torch.Tensor, outputs: torch.Tensor) -> torch.Tensor:
    return torch.cat([z, outputs], -1)


def test_one_temperature_for_all_is_a_difference_of_cosines():
    """Outputs of zero give every pair the middle of the range; without its regulariser a hinge that is always open."""
    a, b = drawn(N, 3, D), drawn(N, 3, D, seed=1)
    nothing = torch.zeros(N, 3, D, dtype=torch.float64)
    loss = AMCL(beta=1e-12, coldest=0.2, warmest=0.6)
    found = loss(with_outputs(a, nothing), with_outputs(b, nothing))
    s = torch.einsum("ncd,mcd->cnm", normalize(a, dim=2), normalize(b, dim=2))
    own = s.diagonal(dim1=1, dim2=2)
    expected = (((s.sum(2) - own) / (N - 1) - own) / 0.4).mean(1).sum()
    torch.testing.assert_close(found, expected)


def test_the_best_temperature_of_a_pair_is_inside_its_range():
    """The regulariser D/2 log t + 1/t alone is smallest at 2/D: colder and warmer pairs pay."""
    z = torch.eye(2, dtype=torch.float64)[:, None]

    def towards(temperature: float) -> float:
        raw = torch.logit(torch.tensor((2.0 - temperature) / 2.0, dtype=torch.float64))
        outputs = torch.zeros(2, 1, 2, dtype=torch.float64)
        outputs[:, 0, 0] = raw.abs().sqrt()
        signed = outputs * raw.sign()
        loss = AMCL(beta=1e6, coldest=1e-9, width=8)
        # The negative has the same temperature, hence the same part of its own, which is taken away again.
        whole = loss(with_outputs(z, outputs), with_outputs(z, signed)).item()
        t = temperature
        return (whole + 1 / t) / 1e6 + torch.log(torch.tensor(t)).item() + 1 / t

    best = towards(0.25)
    assert best < towards(0.2)
    assert best < towards(0.3)


def test_only_the_hardest_negatives_count():
    a, b = drawn(N, 1, 2 * D), drawn(N, 1, 2 * D, seed=1)
    assert not torch.isclose(AMCL(hardest=1)(a, b), AMCL(hardest=5)(a, b))
    torch.testing.assert_close(AMCL(hardest=5)(a, b), AMCL(hardest=500)(a, b))


@pytest.mark.parametrize(
    ("b", "message"),
    [(None, "candidates must be the heads"), ((N, 2, 6), "shape of the anchors"), ((N, 2, 5), "its width 5 is odd")],
)
def test_heads_must_fit(b, message):
    a = drawn(N, 2, 5 if b == (N, 2, 5) else 4)
    with pytest.raises(InputError, match=message):
        AMCL()(a, None if b is None else drawn(*b))


def test_warmest_must_be_above_coldest():
    with pytest.raises(InputError, match="warmest must be above coldest"):
        AMCL(coldest=1.0, warmest=0.5)


def test_pairs_that_are_alike_are_pulled_and_weights_are_constants():
    a, b = drawn(N, D), drawn(N, D, seed=1)
    for loss, weigh in (
        (CCSL(threshold=0.1), lambda s: s * (s > 0.1)),
        (CSSL(temperature=0.5), lambda s: torch.sigmoid(s / 0.5)),
    ):
        s = normalize(a) @ normalize(b).T
        expected = (weigh(s.detach()) * (2 - 2 * s)).mean()
        found = loss(a, b, plan=Plan(rows=4, cols=3))
        torch.testing.assert_close(found, expected)
        for one, other in zip(torch.autograd.grad(found, (a, b)), torch.autograd.grad(expected, (a, b)), strict=True):
            torch.testing.assert_close(one, other)


def test_a_very_high_threshold_leaves_the_pairs_themselves():
    """Rows that equal their target, far from all others: nothing but alignment, which is 0."""
    z = torch.eye(4)
    assert CCSL(threshold=0.5)(z, z).item() == pytest.approx(Alignment()(z, z).item(), abs=1e-6)
