"""The chunk size that is found: what is measured, what is decided, and that a run keeps to it."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import counterpoint as cp
from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.cli.options import chunk_of
from counterpoint.experiments.peak import peak_bytes
from counterpoint.training import (
    AUTO,
    Observer,
    TrainSettings,
    cached_gradients,
    fitting,
    fitting_chunk,
    list_checkpoints,
    train,
)
from counterpoint.training.fitting import Need, decide, fit
from counterpoint.training.memory import allowances, free_memory, memory_name
from counterpoint.training.probe import CallCost, Portion, Sample, measure, untouched

CPU = torch.device("cpu")
PEAK = 1.75
"""How far the prediction may be from the peak, either way."""


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(100, 32)
        layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True, dropout=0.1)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, tokens):
        return self.layers(self.table(tokens)).mean(1)


def convolutions():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.GroupNorm(2, 8), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2, padding=1),
        nn.GroupNorm(2, 16), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 32),
    )  # fmt: skip


def layers():
    block = [nn.Linear(128, 128), nn.LayerNorm(128), nn.GELU(), nn.Dropout(0.1)]
    return nn.Sequential(*block, nn.Linear(128, 128), nn.LayerNorm(128), nn.GELU(), nn.Linear(128, 32))


ENCODERS = {
    "transformer": (Transformer, lambda n: torch.randint(0, 100, (n, 24))),
    "convolutions": (convolutions, lambda n: torch.randn(n, 3, 24, 24)),
    "layers": (layers, lambda n: torch.randn(n, 128)),
}


def need_of(encoder, inputs, monkeypatch, autocast):
    """What the search asks for, caught on its way to the decision."""
    asked = []

    def caught(needs):
        asked.extend(needs)
        return None

    with monkeypatch.context() as patch:
        patch.setattr(fitting, "decide", caught)
        fitting_chunk([encoder] * len(inputs), inputs, autocast=autocast)
    return asked[0]


@pytest.mark.parametrize("precision", [None, torch.bfloat16])
@pytest.mark.parametrize("name", ENCODERS)
def test_predicted_bytes_are_about_the_peak(name, precision, monkeypatch):
    make, draw = ENCODERS[name]
    torch.manual_seed(0)
    encoder, inputs = make(), [draw(96), draw(96)]

    def autocast():
        return torch.autocast("cpu", dtype=precision, enabled=precision is not None)

    need = need_of(encoder, inputs, monkeypatch, autocast)
    for chunk, predicted in ((16, need.cached(16)), (48, need.cached(48)), (None, need.whole())):
        encoder.zero_grad(set_to_none=True)

        def step(chunk=chunk):
            if chunk is not None:
                cached_gradients([encoder] * 2, inputs, cp.InfoNCE(), chunk=chunk, autocast=autocast)
                return
            with autocast():
                loss = cp.InfoNCE()(*[encoder(one) for one in inputs])
            loss.backward()

        ratio = (predicted + need.reserved) / peak_bytes(step)
        assert 1 / PEAK < ratio < PEAK, f"{name}, chunk {chunk}: predicted {ratio:.2f} of the peak"


def test_fixed_cost_and_cost_of_a_row_are_told_apart():
    weight = nn.Parameter(torch.randn(7, 5))
    table = torch.randn(1000)

    def encode(rows):
        fixed = (table * weight.sum()).sum()  # keeps the table, whatever the rows
        return torch.tanh(rows @ weight) * fixed

    def portion(n):
        rows = torch.randn(n, 7)
        return Portion(lambda: encode(rows), [rows])

    cost = measure(Sample(portion(2), portion(4), 50), lambda: torch.autocast("cpu", enabled=False))
    assert cost.rows == 50
    assert cost.kept == 5 * 4  # the tanh; parameters and inputs are there anyway
    assert 4000 <= cost.fixed <= 4000 + 16
    assert cost.embedding == 5 * 4
    assert cost.largest == 7 * 4


def test_a_batch_too_small_for_two_probes():
    rows = torch.randn(1, 3)
    tower = nn.Linear(3, 3)
    one = Portion(lambda: torch.tanh(tower(rows)), [rows])
    cost = measure(Sample(one, one, 1), lambda: torch.autocast("cpu", enabled=False))
    assert (cost.kept, cost.fixed) == (12, 0)


def test_looking_changes_nothing():
    net = nn.Sequential(nn.Linear(6, 6), nn.BatchNorm1d(6), nn.Dropout(0.5))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    state = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()

    def encode(rows):
        random.random()
        np.random.rand()
        return net(rows)

    with untouched([net], CPU):
        measure(Sample(*(Portion(lambda n=n: encode(torch.randn(n, 6)), []) for n in (2, 4)), 9), _no_autocast)
        assert int(net[1].num_batches_tracked) == 2
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(one.grad is None for one in net.parameters())
    assert torch.equal(torch.get_rng_state(), state[0])
    assert random.getstate() == state[1]
    assert (np.random.get_state()[1] == state[2]).all()


def _no_autocast():
    return torch.autocast("cpu", enabled=False)


def need(*, free=10_000, memory="here", reserved=0, rows=100, kept=20.0, fixed=0.0, calls=1):
    cost = CallCost(rows=rows, fixed=fixed, kept=kept, largest=10.0, embedding=1.0)
    return Need(memory, free, reserved, (cost,) * calls)


def test_decisions():
    assert need().whole() == 100 * (20 + 3 * 10) + 4 * 100
    assert need().cached(100) == need().whole()
    assert need().cached(10) == 10 * 50 + 400
    assert decide([need(free=10_800)]) is None
    assert decide([need(free=10_798)]) == 50, "99 rows fit, so two pieces of 50 do"
    assert decide([need(free=10_800, calls=2)]) == 50, "two graphs at once do not fit, 92 rows of one do"
    assert decide([need(free=7_630, calls=2, kept=0.1)]) == 100, "all rows of a call fit, but not both calls at once"
    assert decide([need(free=3_000)]) == 20, "22 rows fit, so five pieces of 20 do"
    assert decide([need(free=3_000, reserved=500)]) == 17
    assert decide([need(free=900)]) == 1


def test_processes_agree_on_the_smallest_and_share_what_they_share():
    assert decide([need(free=10_800), need(free=10_800)]) == 34, (
        "half for each of two: 46 rows fit, three pieces of 34 do"
    )
    assert decide([need(free=10_800), need(free=10_800, memory="there")]) is None
    assert decide([need(free=10_800), need(free=3_000, memory="there")]) == 20


def test_not_even_one_row():
    with pytest.raises(InputError, match=r"not even one row .*take about 450 B .* 449 B may be used \(50% .* of 898 B"):
        decide([need(), need(free=898, memory="there")])


def test_what_is_said():
    costs = need().calls
    assert fit(costs, reserved=0, device=CPU).chunk is None
    assert "the whole batch fits (about 5.4 kB of " in fit(costs, reserved=0, device=CPU).reason


def test_free_memory_is_plausible():
    total = 1e3 * int(Path("/proc/meminfo").read_text().split()[1]) * 1.024
    assert 0 < free_memory(CPU) <= total * 1.01
    assert memory_name(CPU) == memory_name(CPU) != ""


def group(folder, limit, used, reclaimable, *, v1=False):
    folder.mkdir(parents=True, exist_ok=True)
    names = ("memory.limit_in_bytes", "memory.usage_in_bytes") if v1 else ("memory.max", "memory.current")
    (folder / names[0]).write_text(f"{limit}\n")
    (folder / names[1]).write_text(f"{used}\n")
    stat = f"anon 1\n{'total_' if v1 else ''}inactive_file {reclaimable}\n"
    (folder / "memory.stat").write_text(stat)


def test_control_groups_of_both_versions(tmp_path):
    own = tmp_path / "own"
    own.write_text("0::/a/b\n")
    group(tmp_path / "a", 1000, 400, 50)
    group(tmp_path / "a" / "b", "max", 300, 10)
    assert list(allowances(tmp_path, own)) == [650]
    own.write_text("3:cpu,cpuacct:/x\n4:memory:/not/here\n")
    group(tmp_path / "memory", 2000, 400, 0, v1=True)
    assert list(allowances(tmp_path, own)) == [1600]
    assert list(allowances(tmp_path, tmp_path / "absent")) == []


class Notices(Observer):
    def __init__(self):
        self.said = []

    def on_notice(self, text):
        self.said.append(text)


def run(toy, folder, *, free, monkeypatch, method=None, **options):
    monkeypatch.setattr(fitting, "free_memory", lambda device: free)
    notices = Notices()
    method = method or toy.ToyMethod()
    changes = {"cache_chunk": AUTO, "batch_size": 16, **options.pop("changes", {})}
    result = train(method, toy.ToyExamples(), toy.settings(**changes), folder, observers=[notices], **options)
    return method, result, notices.said


def recorded(folder):
    return json.loads((list_checkpoints(folder / "checkpoints")[-1] / "state.json").read_text())["cache_chunk"]


def same(a, b):
    return all(torch.equal(value, b[name]) for name, value in a.items())


LITTLE, MUCH = 9_000, 10**9


def test_a_run_finds_its_chunk_and_trains_as_if_it_had_been_given(toy, tmp_path, monkeypatch):
    method, result, said = run(toy, tmp_path / "auto", free=LITTLE, monkeypatch=monkeypatch)
    assert 1 <= result.cache_chunk < 16
    assert recorded(tmp_path / "auto") == result.cache_chunk
    assert said == [said[0]]
    assert said[0].startswith(f"gradient caching, {result.cache_chunk} of 16 rows at a time (about ")
    given, _, nothing = run(
        toy, tmp_path / "given", free=0, monkeypatch=monkeypatch, changes={"cache_chunk": result.cache_chunk}
    )
    assert nothing == []
    assert same(toy.weights(method), toy.weights(given)), "looking for it changed the run"


def test_where_the_batch_fits_nothing_is_cached(toy, tmp_path, monkeypatch):
    class Counting(toy.ToyMethod):
        passes = 0

        def encode(self, call, inputs):
            self.passes += 1
            return super().encode(call, inputs)

    method, result, said = run(toy, tmp_path / "auto", free=MUCH, monkeypatch=monkeypatch, method=Counting())
    assert result.cache_chunk is None
    assert "so gradients are not cached" in said[0]
    assert method.passes == 4 + 2 * 12, "two probes of two calls, then each call once in each of twelve steps"
    plain, _, _ = run(toy, tmp_path / "plain", free=0, monkeypatch=monkeypatch, changes={"cache_chunk": None})
    assert same(toy.weights(method), toy.weights(plain))


@pytest.mark.parametrize(("before", "after"), [(LITTLE, MUCH), (MUCH, LITTLE)])
def test_a_resumed_run_keeps_what_was_found(toy, tmp_path, monkeypatch, before, after):
    whole, first, _ = run(toy, tmp_path / "whole", free=before, monkeypatch=monkeypatch)
    left = iter([False] * 6 + [True])
    run(toy, tmp_path / "parts", free=before, monkeypatch=monkeypatch, stop=lambda: next(left))
    method, second, said = run(toy, tmp_path / "parts", free=after, monkeypatch=monkeypatch, resume=True)
    assert (second.steps, second.cache_chunk) == (12, first.cache_chunk)
    assert said[0].endswith("at a time, as when the run began")
    assert same(toy.weights(whole), toy.weights(method))


def test_too_little_for_one_row_is_refused_before_a_step(toy, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="not even one row at a time fits"):
        run(toy, tmp_path, free=100, monkeypatch=monkeypatch)
    assert not list_checkpoints(tmp_path / "checkpoints")


def test_batch_normalisation_is_refused_only_where_chunks_are_needed(toy, tmp_path, monkeypatch):
    def method():
        method = toy.ToyMethod()
        method.towers[0].append(nn.BatchNorm1d(4))
        return method

    with pytest.raises(InputError, match="batch normalisation"):
        run(toy, tmp_path / "a", free=LITTLE, monkeypatch=monkeypatch, method=method())
    trained, _, _ = run(toy, tmp_path / "b", free=MUCH, monkeypatch=monkeypatch, method=method())
    plain, _, _ = run(
        toy, tmp_path / "c", free=0, monkeypatch=monkeypatch, method=method(), changes={"cache_chunk": None}
    )
    assert same(toy.weights(trained), toy.weights(plain)), "its statistics have seen the probe"


def test_settings_say_auto_in_json_and_back():
    settings = TrainSettings(steps=1, cache_chunk="auto")
    assert to_json(settings)["cache_chunk"] == "auto"
    assert from_json(json.loads(json.dumps(to_json(settings)))) == settings
    for wrong in (0, "big", True, 2.5):
        with pytest.raises(InputError, match="cache_chunk must be a whole number of at least 1 or 'auto'"):
            TrainSettings(steps=1, cache_chunk=wrong)


def test_the_option_on_the_command_line():
    assert (chunk_of(None), chunk_of("auto"), chunk_of("32")) == (None, AUTO, 32)
    for wrong in ("big", "0", "-3", "2.5", ""):
        with pytest.raises(InputError, match=r"--cache-chunk must be a whole number of at least 1 or 'auto', got"):
            chunk_of(wrong)
