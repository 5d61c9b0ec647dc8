"""Moving averages against the public definition, and their fixed point against the exact minimum."""

import pytest
import torch
from global_contrast_work import train, work
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import RGCL
from counterpoint.pairs import GlobalContrast
from processes import together

N = 5


def two_views(n=N, d=3, *, seed=4):
    g = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(n, d, generator=g, dtype=torch.float64).requires_grad_() for _ in range(2))


def same(one, other, leaves, **tolerances):
    torch.testing.assert_close(one, other, **tolerances)
    for x, y in zip(torch.autograd.grad(one, leaves), torch.autograd.grad(other, leaves), strict=True):
        torch.testing.assert_close(x, y, **tolerances)


@pytest.mark.parametrize("rate", [0.0, 0.01])
def test_at_first_sight_it_is_the_batch_loss_at_the_starting_temperature(rate):
    a, b = two_views()
    loss = GlobalContrast(N, temperature=0.2, rate=rate)(a, b, torch.arange(N))
    same(loss, RGCL(bounds=(0.2, 0.2))(a, b), (a, b), rtol=1e-6, atol=1e-7)


def test_full_batches_lead_to_the_exact_minimum():
    a, b = two_views()
    ids = torch.arange(N)
    state = GlobalContrast(N, rate=0.05, slope_momentum=1.0, momentum=1.0, bounds=(0.02, 2.0)).double()
    with torch.no_grad():
        for _ in range(200):
            state(a, b, ids)
    h = hardness(a, b).detach().unflatten(0, (2, N))
    t = state.temperature.clone().requires_grad_()
    loss = (t * (torch.logsumexp(h / t[:, None], 2) - torch.log(torch.tensor(2.0 * N - 2)) + 0.3)).mean()
    assert torch.autograd.grad(loss, t)[0].abs().max() < 1e-4


def hardness(a, b):
    z, place = normalize(torch.cat([a, b])), torch.arange(2 * N)
    s = z @ z.T
    negative = (place[:, None] - place) % N != 0
    return s[negative].view(2 * N, -1) - s[place, place.roll(N)][:, None]


def test_two_steps_as_in_the_public_code():
    """Surrogate loss, averages, slopes and temperatures of both papers, written with loops over what is kept."""
    torch.manual_seed(0)
    state = GlobalContrast(N, temperature=0.15, momentum=0.7, rate=0.05, slope_momentum=0.6).double()
    u, t, m = torch.zeros(N).double(), torch.full((N,), 0.15).double(), torch.zeros(N).double()
    for seed in (1, 2):
        a, b = two_views(seed=seed)
        h = hardness(a, b)
        t_rows = t.repeat(2)
        g = (h / t_rows[:, None]).exp().mean(1).detach()
        u_rows = g if seed == 1 else 0.3 * u.repeat(2) + 0.7 * g
        weights = (h / t_rows[:, None]).exp().detach() / u_rows[:, None]
        surrogate = (weights * h).mean(1).mean()
        slope = u_rows.log() + 0.3 - (weights * h.detach() / t_rows[:, None]).mean(1)
        loss = state(a, b, torch.arange(N))
        assert loss.item() == pytest.approx((t_rows * (u_rows.log() + 0.3)).mean().item(), rel=1e-6)
        for x, y in zip(torch.autograd.grad(loss, (a, b)), torch.autograd.grad(surrogate, (a, b)), strict=True):
            torch.testing.assert_close(x, y, rtol=1e-6, atol=1e-8)
        u, m = u_rows.view(2, N).mean(0), 0.4 * m + 0.6 * slope.view(2, N).mean(0)
        t = (t - 0.05 * m).clamp(0.05, 0.7)
        torch.testing.assert_close(state.average, u, rtol=1e-6, atol=0)
        torch.testing.assert_close(state.temperature, t, rtol=1e-6, atol=0)


def test_saved_and_resumed_it_goes_on_as_if_nothing_had_happened():
    whole, first = GlobalContrast(9), GlobalContrast(9)
    batches = [
        (*two_views(seed=k), torch.randperm(9, generator=torch.Generator().manual_seed(k))[:N]) for k in range(4)
    ]
    expected = [whole(*batch).item() for batch in batches]
    found = [first(*batch).item() for batch in batches[:2]]
    second = GlobalContrast(9)
    second.load_state_dict(first.state_dict())
    assert found + [second(*batch).item() for batch in batches[2:]] == expected
    assert all(torch.equal(one, second.state_dict()[name]) for name, one in whole.state_dict().items())


def test_only_what_was_seen_moves_and_only_in_training():
    state = GlobalContrast(8)
    ids = torch.tensor([1, 3, 4, 6, 7])
    state(*two_views(), ids)
    seen = torch.zeros(8, dtype=torch.bool)
    seen[ids] = True
    assert torch.equal(state.average > 0, seen)
    assert torch.equal(state.temperature != 0.1, seen)
    before = {name: one.clone() for name, one in state.state_dict().items()}
    state.eval()(*two_views(seed=1), ids)
    assert all(torch.equal(one, before[name]) for name, one in state.state_dict().items())


def test_an_example_twice_in_a_batch_is_no_negative_of_itself():
    a, b = two_views()
    found = GlobalContrast(N, rate=0.0)(a, b, torch.tensor([0, 1, 2, 3, 3]))
    assert torch.isfinite(found)
    with pytest.raises(InputError, match="at least two different examples"):
        GlobalContrast(N)(a, b, torch.zeros(N, dtype=torch.int64))


def test_two_processes_equal_one():
    """In loss, in gradients averaged over ranks, and in the state that each of them keeps."""
    first, second = together(work, 2)
    for name, expected in train(slice(None)).items():
        if name.startswith(("first", "second")):
            found = torch.cat([first[name], second[name]]) / 2
        else:
            assert torch.equal(first[name], second[name])
            found = first[name]
        torch.testing.assert_close(found, expected, msg=lambda m, name=name: f"{name}: {m}")


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (torch.arange(4), "ids must be 5 integers"),
        (torch.arange(5.0), "ids must be 5 integers"),
        (torch.arange(1, 6), "from 0 to 4, got 1 to 5"),
        (torch.arange(-1, 4), "from 0 to 4, got -1 to 3"),
    ],
)
def test_bad_ids(ids, message):
    with pytest.raises(InputError, match=message):
        GlobalContrast(N)(*two_views(), ids)


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": 0.01},
        {"momentum": 0.0},
        {"slope_momentum": 1.1},
        {"rho": 0.0},
        {"rate": -1.0},
        {"bounds": (0.2, 0.1)},
    ],
    ids=str,
)
def test_bad_settings(settings):
    with pytest.raises(InputError):
        GlobalContrast(N, **settings)
