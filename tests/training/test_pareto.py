"""Two gradients, one step: the shortest point of the segment between them, and a loss that carries it."""

import pytest
import torch
from torch import nn

from counterpoint.base.errors import InputError
from counterpoint.training.pareto import compromise, shortest_share


def drawn(count: int, dim: int, seed: int = 0) -> list[tuple[torch.Tensor, torch.Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    found = torch.randn(count, 2, dim, generator=generator, dtype=torch.float64)
    scale = torch.rand(count, 1, 1, generator=generator, dtype=torch.float64) * 4
    found[:, :1] *= scale
    return [(one, other) for one, other in found]


@pytest.mark.parametrize(
    ("first", "second", "share"),
    [
        ([1.0, 0.0], [0.0, 1.0], 0.5),
        ([2.0, 0.0], [0.0, 1.0], 0.2),
        ([3.0, 0.0], [-1.0, 0.0], 0.25),
        ([1.0, 1.0], [4.0, 4.0], 1.0),  # the shorter end is the nearest point
        ([5.0, 0.0], [1.0, 0.0], 0.0),
        ([1.0, 2.0], [1.0, 2.0], 0.5),
        ([0.0, 0.0], [1.0, 2.0], 1.0),
    ],
)
def test_closed_form(first, second, share):
    assert shortest_share(torch.tensor(first), torch.tensor(second)) == pytest.approx(share)


def test_no_other_mix_is_shorter():
    grid = torch.linspace(0, 1, 1001, dtype=torch.float64)[:, None]
    for one, other in drawn(50, 6):
        share = shortest_share(one, other)
        assert 0 <= share <= 1
        length = (share * one + (1 - share) * other).norm()
        assert length <= (grid * one + (1 - grid) * other).norm(dim=1).min() + 1e-12


def test_the_mix_turns_against_neither():
    """Its product with either gradient is at least its own squared length."""
    for one, other in drawn(200, 3, seed=1):
        share = shortest_share(one, other)
        mix = share * one + (1 - share) * other
        assert min(mix @ one, mix @ other) >= mix @ mix - 1e-9


def test_order_does_not_matter():
    for one, other in drawn(20, 4, seed=2):
        assert shortest_share(one, other) == pytest.approx(1 - shortest_share(other, one))


class TwoHeads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body, self.one, self.other = nn.Linear(4, 3), nn.Linear(3, 1), nn.Linear(3, 2)

    def losses(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        hidden = self.body(x).tanh()
        return self.one(hidden).square().mean(), (self.other(hidden) - 1).abs().mean()


def test_shared_weights_get_the_mix_and_others_their_own():
    torch.manual_seed(0)
    model, x = TwoHeads().double(), torch.randn(8, 4, dtype=torch.float64)
    shared = [*model.body.parameters()]
    first, second = model.losses(x)
    parts = [torch.autograd.grad(loss, shared, retain_graph=True) for loss in (first, second)]
    own = torch.autograd.grad(first, [*model.one.parameters()], retain_graph=True)
    found = compromise(first, second, shared)
    found.loss.backward()
    flat = [torch.cat([one.flatten() for one in part]) for part in parts]
    assert found.share == pytest.approx(shortest_share(*flat))
    for weight, one, other in zip(shared, *parts, strict=True):
        torch.testing.assert_close(weight.grad, found.share * one + (1 - found.share) * other)
    for weight, wanted in zip(model.one.parameters(), own, strict=True):
        torch.testing.assert_close(weight.grad, wanted)
    assert found.loss.item() == pytest.approx((first + second).item())


def test_agreement_is_the_smaller_cosine():
    weight = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    found = compromise(2 * weight[0], weight[1], [weight])  # gradients (2, 0) and (0, 1): the mix is (0.4, 0.8)
    assert found.agreement == pytest.approx(0.4 / 0.8**0.5)
    opposed = compromise(weight[0], -3 * weight[0], [weight])
    assert opposed.agreement == 0.0
    opposed.loss.backward()
    assert weight.grad is not None
    assert weight.grad.abs().max() < 1e-12  # nothing lowers both


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (torch.ones(2), torch.ones(3), "one length, got \\[2\\] and \\[3\\]"),
        (torch.ones(2, 2), torch.ones(2, 2), "must be \\[P\\]"),
        (torch.ones(2), torch.tensor([1.0, float("nan")]), "finite"),
    ],
)
def test_bad_gradients(first, second, message):
    with pytest.raises(InputError, match=message):
        shortest_share(first, second)


def test_nothing_shared_is_refused():
    weight = torch.zeros(1, requires_grad=True)
    with pytest.raises(InputError, match="shared must hold"):
        compromise(weight.sum(), weight.sum(), [])
