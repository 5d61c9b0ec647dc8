"""The plain function: any encoders, any function of their embeddings."""

from contextlib import nullcontext

import pytest
import torch
from torch import nn

import counterpoint as cp
from counterpoint.base.errors import InputError
from counterpoint.training import AUTO, cached_gradients, fitting, fitting_chunk

N, D = 11, 6
INFO_NCE = cp.InfoNCE(temperature=0.3)


class Tower(nn.Module):
    def __init__(self, dropout=0.4):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(D, 8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 4))

    def forward(self, rows):
        return self.layers(rows)


def towers(count, *, dropout=0.4, dtype=torch.float64):
    torch.manual_seed(0)
    return [Tower(dropout).to(dtype) for _ in range(count)]


def batches(count, *, n=N, dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(n, D, generator=generator, dtype=dtype) for _ in range(count)]


def plain(encoders, inputs, objective, autocast=nullcontext):
    with autocast():
        loss = objective(*[encoder(batch) for encoder, batch in zip(encoders, inputs, strict=True)])
    loss.backward()
    return loss.detach()


def taken(encoders, run, *more):
    """The loss of ``run`` and all gradients, taken away from the parameters."""
    torch.manual_seed(5)
    loss = run()
    parameters = [one for module in [*encoders, *more] for one in module.parameters()]
    found = [one.grad for one in parameters]
    for one in parameters:
        one.grad = None
    return loss, found


def equal(encoders, inputs, objective, chunk, *more, rtol=1e-10, atol=1e-13, autocast=nullcontext):
    loss, expected = taken(encoders, lambda: plain(encoders, inputs, objective, autocast), *more)
    cached, found = taken(
        encoders, lambda: cached_gradients(encoders, inputs, objective, chunk=chunk, autocast=autocast), *more
    )
    torch.testing.assert_close(cached, loss, rtol=rtol, atol=atol)
    assert not cached.requires_grad
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=rtol, atol=atol)


def one_side(z):
    return cp.SupCon()(z, labels=torch.arange(len(z)) % 3)


def three_sides(a, b, c):
    return INFO_NCE(a, b) + 0.5 * INFO_NCE(a, c) + (b - c).square().mean()


@pytest.mark.parametrize("chunk", [1, 3, 7, N, 100])
@pytest.mark.parametrize(("count", "objective"), [(1, one_side), (2, INFO_NCE), (3, three_sides)])
def test_any_number_of_encoders_with_dropout(count, objective, chunk):
    equal(towers(count), batches(count), objective, chunk)


@pytest.mark.parametrize("chunk", [1, 4, 100])
def test_one_encoder_for_all(chunk):
    equal(towers(1) * 3, batches(3), three_sides, chunk)


def test_batches_of_different_lengths():
    inputs = [batches(1)[0], batches(1, n=2 * N + 1)[0]]
    equal(towers(2), inputs, lambda a, b: cp.InfoNCE()(a, b[: len(a)], negatives=b[len(a) :]), 4)


class Warmth(nn.Module):
    def __init__(self):
        super().__init__()
        self.log = nn.Parameter(torch.tensor(-1.0, dtype=torch.float64))

    def forward(self, a, b):
        return cp.CLIP()(a, b, temperature=self.log.exp())


def test_a_learnable_temperature_learns():
    warmth = Warmth()
    equal(towers(2), batches(2), warmth, 3, warmth)
    cached_gradients(towers(2), batches(2), warmth, chunk=3)
    assert warmth.log.grad.abs() > 1e-4


def bf16():
    return torch.autocast("cpu", dtype=torch.bfloat16)


def relative(found, expected):
    return max(float((a - b).abs().max() / b.abs().max()) for a, b in zip(found, expected, strict=True))


def test_autocast_is_replayed():
    """As far from the plain gradient in bfloat16 as half a step of that format, and that one is far from float32."""
    encoders, inputs = towers(2, dtype=torch.float32), batches(2, dtype=torch.float32)
    _, exact = taken(encoders, lambda: plain(encoders, inputs, INFO_NCE))
    _, expected = taken(encoders, lambda: plain(encoders, inputs, INFO_NCE, bf16))
    _, found = taken(encoders, lambda: cached_gradients(encoders, inputs, INFO_NCE, chunk=3, autocast=bf16))
    assert relative(found, expected) < 2**-6 < 2 * relative(expected, exact) + 2**-6
    assert relative(expected, exact) > 1e-4, "nothing was computed in bfloat16"


def test_autocast_around_everything():
    """Weights cast in the pass without graph stay in the cache of the context around it, and must not be used again."""
    encoders, inputs = towers(2, dtype=torch.float32), batches(2, dtype=torch.float32)

    def within():
        with bf16():
            return cached_gradients(encoders, inputs, INFO_NCE, chunk=3)

    _, expected = taken(encoders, lambda: plain(encoders, inputs, INFO_NCE, bf16))
    _, found = taken(encoders, within)
    assert relative(found, expected) < 2**-6


def tokens(rows):
    return rows.unflatten(1, (2, 3)).transpose(1, 2)


def test_sets_of_tokens_and_several_results():
    [tower] = towers(1)

    def encode(rows):
        embedding = tower(rows)
        return embedding.unflatten(1, (2, 2)), embedding.square(), (rows[:, 0] > 0).long()

    def objective(first, second):
        (sets, squares, places), rows = first, second
        return INFO_NCE(sets.mean(1), rows[:, :2]) + squares.mean() + places.sum()

    encoders = [encode, tower]
    loss, expected = taken([tower], lambda: plain(encoders, batches(2), objective))
    cached, found = taken([tower], lambda: cached_gradients(encoders, batches(2), objective, chunk=4))
    assert cached == pytest.approx(loss)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("form", [lambda x: (x, x), lambda x: [x, x], lambda x: {"left": x, "right": x}])
def test_inputs_in_any_form(form):
    [tower] = towers(1)
    seen = set()

    def encode(batch):
        seen.add(type(batch))
        left, right = batch.values() if isinstance(batch, dict) else batch
        return tower(left * right)

    rows = batches(1)[0]
    loss, expected = taken([tower], lambda: plain([tower], [rows * rows], one_side))
    cached, found = taken([tower], lambda: cached_gradients([encode], [form(rows)], one_side, chunk=4))
    assert cached == pytest.approx(loss)
    assert seen == {type(form(rows))}
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-13)


def test_gradients_are_added_and_scaled():
    encoders, inputs = towers(2, dropout=0.0), batches(2)
    _, once = taken(encoders, lambda: cached_gradients(encoders, inputs, INFO_NCE, chunk=4))
    cached_gradients(encoders, inputs, INFO_NCE, chunk=4)
    loss = cached_gradients(encoders, inputs, INFO_NCE, chunk=4, scale=lambda loss: 8 * loss)
    assert loss == pytest.approx(float(plain(towers(2, dropout=0.0), inputs, INFO_NCE)))
    for one, alone in zip([p.grad for m in encoders for p in m.parameters()], once, strict=True):
        torch.testing.assert_close(one, 9 * alone)


def passes(encoder):
    count = 0

    def counting(rows):
        nonlocal count
        count += 1
        return encoder(rows)

    return counting, lambda: count


def test_auto_takes_less_where_little_is_free_and_all_where_much_is(monkeypatch):
    [tower] = towers(1)
    inputs = batches(1, n=64)
    for free, least, most in ((20_000, 2, 63), (10**9, None, None)):
        monkeypatch.setattr(fitting, "free_memory", lambda device, free=free: free)
        found = fitting_chunk([tower], inputs)
        assert (found.chunk is None) if least is None else (least <= found.chunk <= most)
        encode, count = passes(tower)
        loss, expected = taken([tower], lambda: plain([tower], inputs, one_side))
        cached, gradients = taken([tower], lambda e=encode: cached_gradients([e], inputs, one_side, chunk=AUTO))
        probes = 2
        assert count() - probes == (1 if least is None else 2 * -(-64 // fitting_chunk([encode], inputs).chunk))
        assert cached == pytest.approx(loss)
        for one, other in zip(gradients, expected, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-13)


def test_one_chunk_in_all_is_encoded_once():
    encode, count = passes(towers(1)[0])
    cached_gradients([encode], batches(1), one_side, chunk=N)
    assert count() == 1


WRONG = {
    "chunk 0": ({"chunk": 0}, "chunk must be a whole number of at least 1 or 'auto', got 0"),
    "chunk true": ({"chunk": True}, "chunk must be"),
    "chunk big": ({"chunk": "big"}, "chunk must be a whole number of at least 1 or 'auto', got 'big'"),
    "no encoder": ({"encoders": [], "inputs": []}, "got 0 encoders and 0 batches"),
    "one batch": ({"inputs": batches(1)}, "got 2 encoders and 1 batches"),
    "no rows": (
        {"inputs": batches(2, n=0)},
        r"inputs\[0\] must have the same number of rows in every tensor, and some",
    ),
    "lengths": ({"inputs": [tuple(batches(2)), (batches(1)[0], batches(1, n=3)[0])]}, r"inputs\[1\] .*got \[3, 11\]"),
    "text": ({"inputs": ["a", "b"]}, r"inputs\[0\] must be a tensor, or a tuple, list or dict of tensors"),
    "rows lost": ({"encoders": [lambda x: x[:2]] * 2}, r"encoders\[0\] must return one row for each.*\[2, 6\] for 4"),
    "a mean": ({"encoders": [lambda x: x.mean()] * 2}, r"encoders\[0\] must return one row for each.*\[\] for 4"),
    "a list": (
        {"encoders": [lambda x: [x]] * 2},
        r"encoders\[0\] must return a tensor or a tuple of tensors, got list",
    ),
    "no scalar": ({"objective": lambda a, b: a}, r"the objective must return a scalar tensor, got shape \[11, 6\]"),
    "a number": ({"objective": lambda a, b: 3.0}, "the objective must return a scalar tensor, got float"),
    "one context": ({"autocast": bf16()}, "autocast must make a new context for each pass"),
    "batch norm": ({"encoders": [nn.BatchNorm1d(D).double()] * 2}, "batch normalisation"),
    "its method": ({"encoders": [nn.BatchNorm1d(D).double().forward] * 2}, "batch normalisation"),
    "devices": (
        {"inputs": [batches(1)[0], torch.empty(3, 2, device="meta")]},
        "all inputs must be on one device, got cpu, meta",
    ),
    "moved": (
        {"encoders": [lambda x: torch.empty(len(x), 2, device="meta")] * 2},
        r"encoders\[0\] reads from cpu and answers on meta",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_fit_is_said(what):
    changes, why = WRONG[what]
    encoders = [lambda x: x.clone()] * 2
    given = {"encoders": encoders, "inputs": batches(2), "objective": INFO_NCE, "chunk": 4, **changes}
    with pytest.raises(InputError, match=why):
        cached_gradients(given.pop("encoders"), given.pop("inputs"), given.pop("objective"), **given)
