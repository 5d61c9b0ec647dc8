import math
import multiprocessing
import os
import random
import signal
import threading
from dataclasses import replace

import numpy as np
import psutil
import pytest
import torch
from torch import nn

from counterpoint.base.errors import CheckpointError, CounterpointError, InputError, StorageError
from counterpoint.data import SkippedRow
from counterpoint.training import (
    EMA,
    LARS,
    SGD,
    AdamW,
    Constant,
    MetricsFile,
    Observer,
    list_checkpoints,
    read_records,
    train,
)
from counterpoint.training.average import Average
from counterpoint.training.rng import seed_everything


def run(toy, folder, *, observers=(), method=None, examples=None, resume=False, fall_back=False, stop=None, **changes):
    method = method or toy.ToyMethod()
    result = train(
        method,
        examples or toy.ToyExamples(),
        toy.settings(**changes),
        folder,
        resume=resume,
        fall_back=fall_back,
        observers=observers,
        stop=stop,
    )
    return method, result


def same(a, b):
    return all(torch.equal(value, b[name]) for name, value in a.items())


def test_training_learns_and_reports(toy, tmp_path):
    losses = toy.Losses()
    method, result = run(toy, tmp_path, observers=[losses], steps=60, optimiser=AdamW(learning_rate=0.02))
    assert [record["step"] for record in losses.records] == [1, *range(3, 61, 3)]
    assert losses.records[-1]["loss"] < 0.5 * losses.records[0]["loss"]
    assert losses.records[-1]["epoch"] == 60 / 5
    assert result.steps == 60
    assert result.loss == losses.records[-1]["loss"]
    assert losses.result is result
    assert result.seconds > 0
    assert result.examples_per_second > 0
    assert not result.interrupted
    assert not method.training
    assert int(method.steps_seen) == 60
    for name in (
        "learning_rate",
        "positive_similarity",
        "negative_similarity",
        "effective_rank",
        "gradient_norm",
        "time",
    ):
        assert math.isfinite(losses.records[-1][name])


def test_same_seed_same_weights_other_seed_other_weights(toy, tmp_path):
    first, _ = run(toy, tmp_path / "a")
    torch.manual_seed(9)
    second, _ = run(toy, tmp_path / "b")
    third, _ = run(toy, tmp_path / "c", seed=1)
    assert same(toy.weights(first), toy.weights(second))
    assert not same(toy.weights(first), toy.weights(third))


def test_global_generators_are_left_alone(toy, tmp_path):
    method = toy.ToyMethod()
    seed_everything(7)
    expected = random.random(), np.random.rand(), torch.rand(1).item()
    seed_everything(7)
    run(toy, tmp_path, method=method)
    assert (random.random(), np.random.rand(), torch.rand(1).item()) == expected


def test_workers_change_nothing(toy, tmp_path):
    alone, _ = run(toy, tmp_path / "a", cache_chunk=3)
    helped, _ = run(toy, tmp_path / "b", cache_chunk=3, workers=2)
    assert same(toy.weights(alone), toy.weights(helped))


@pytest.mark.parametrize("workers", [0, 1])
def test_an_error_in_the_data_arrives_as_it_is(toy, tmp_path, workers):
    examples = toy.ToyExamples()

    def broken(rows):
        raise InputError("row 7 of x.csv is empty")

    examples.batch = broken
    with pytest.raises(InputError, match=r"^row 7 of x.csv is empty$"):
        run(toy, tmp_path, examples=examples, workers=workers)


def test_learning_rate_follows_the_schedule(toy, tmp_path):
    losses = toy.Losses()
    run(toy, tmp_path, observers=[losses], optimiser=SGD(learning_rate=0.5), schedule=Constant(warmup=6), log_every=1)
    assert [record["learning_rate"] for record in losses.records[:6]] == pytest.approx(
        [0.5 * k / 6 for k in range(1, 7)]
    )
    assert losses.records[-1]["learning_rate"] == 0.5


def test_accumulated_gradient_is_the_mean_of_the_batches(toy, tmp_path):
    """With plain SGD, one step on the mean gradient of two batches, taken by hand."""
    method = toy.ToyMethod(dropout=0.0)
    start = toy.weights(method)
    run(toy, tmp_path / "x", method=method, steps=1, accumulate=2, optimiser=PLAIN, schedule=Constant())
    found = toy.weights(method)
    change = {name: torch.zeros_like(value, dtype=torch.float64) for name, value in start.items()}
    for batch in (0, 1):
        one = toy.ToyMethod(dropout=0.0)
        run(
            toy,
            tmp_path / f"b{batch}",
            method=one,
            steps=1,
            optimiser=PLAIN,
            schedule=Constant(),
            examples=Skip(toy, batch),
        )
        for name, value in toy.weights(one).items():
            change[name] += (value - start[name]).double() / 2
    for name, _ in method.named_parameters():
        torch.testing.assert_close(found[name], (start[name] + change[name]).float(), rtol=1e-5, atol=1e-6)


PLAIN = SGD(learning_rate=0.1, momentum=0.0, weight_decay=0.0)


def test_clipping_bounds_the_step(toy, tmp_path):
    start = toy.weights(toy.ToyMethod())
    losses = toy.Losses()
    options = {"steps": 1, "optimiser": SGD(learning_rate=1.0, momentum=0.0, weight_decay=0.0), "schedule": Constant()}
    method, _ = run(toy, tmp_path, clip_norm=0.01, observers=[losses], **options)
    moved = [(value - start[name]).norm() for name, value in method.named_parameters()]
    assert torch.stack(moved).norm().item() == pytest.approx(0.01, rel=1e-3)
    assert losses.records[0]["gradient_norm"] > 0.02


def test_averaged_weights_are_what_is_left(toy, tmp_path):
    seen = []

    class Spy(toy.ToyMethod):
        def after_step(self, step):
            seen.append([p.detach().clone() for p in self.parameters()])

    method, _ = run(toy, tmp_path, method=Spy(), ema=EMA(decay=0.5), steps=6, optimiser=SGD())
    average = [p.detach().clone() for p in toy.ToyMethod().parameters()]
    for step, current in enumerate(seen):
        decay = min(0.5, (1 + step) / (10 + step))
        average = [decay * a + (1 - decay) * c for a, c in zip(average, current, strict=True)]
    for found, expected, last in zip(method.parameters(), average, seen[-1], strict=True):
        torch.testing.assert_close(found, expected)
        assert not torch.equal(found, last)


def test_average_ignores_frozen_parameters():
    net = nn.Linear(2, 2)
    net.bias.requires_grad_(False)
    assert list(Average(net, EMA()).values) == ["weight"]


@pytest.mark.parametrize(
    "kind", [{}, {"optimiser": LARS(), "ema": EMA(decay=0.8)}, {"cache_chunk": 3, "accumulate": 3}]
)
@pytest.mark.parametrize("precision", ["no", "fp16"])
def test_stopped_and_resumed_equals_unbroken(toy, tmp_path, kind, precision):
    kind = {**kind, "precision": precision}
    whole, _ = run(toy, tmp_path / "whole", observers=[MetricsFile(tmp_path / "whole.jsonl")], **kind)
    for session in (1, 4, 2, 3):
        left = iter(range(session - 1, -1, -1))
        _, result = run(
            toy,
            tmp_path / "parts",
            observers=[MetricsFile(tmp_path / "parts.jsonl")],
            resume=True,
            stop=lambda left=left: next(left) == 0,
            **kind,
        )
        assert result.interrupted
    assert result.steps == 10
    parts, result = run(toy, tmp_path / "parts", observers=[MetricsFile(tmp_path / "parts.jsonl")], resume=True, **kind)
    assert result.steps == 12
    assert same(toy.weights(whole), toy.weights(parts))
    records = [read_records(tmp_path / name) for name in ("whole.jsonl", "parts.jsonl")]
    assert [[r["step"], r["loss"], r["positive_similarity"]] for r in records[0]] == [
        [r["step"], r["loss"], r["positive_similarity"]] for r in records[1]
    ]


def test_resuming_a_finished_run_changes_nothing(toy, tmp_path):
    first, _ = run(toy, tmp_path, ema=EMA(decay=0.5))
    again, result = run(toy, tmp_path, ema=EMA(decay=0.5), resume=True)
    assert result.steps == 12
    assert same(toy.weights(first), toy.weights(again))


def test_a_second_run_does_not_overwrite_the_first(toy, tmp_path):
    run(toy, tmp_path)
    with pytest.raises(InputError, match=r"already holds a run \(step-000012\): resume it"):
        run(toy, tmp_path)


def test_falling_back_to_an_earlier_checkpoint(toy, tmp_path):
    first, _ = run(toy, tmp_path)
    (tmp_path / "checkpoints" / "step-000012" / "optimiser.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"optimiser.safetensors is missing.*from step-000010 instead"):
        run(toy, tmp_path, resume=True)
    again, _ = run(toy, tmp_path, resume=True, fall_back=True)
    assert same(toy.weights(first), toy.weights(again))
    assert list_checkpoints(tmp_path / "checkpoints")[-1].name == "step-000012"


def test_every_observer_is_ended_when_one_cannot_start(toy, tmp_path):
    ended = []

    class End(Observer):
        def on_end(self, result):
            ended.append(result)

    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        run(toy, tmp_path, observers=[End(), MetricsFile(tmp_path / "file" / "metrics.jsonl"), End()])
    assert ended == [None]


def test_resuming_another_run_is_refused(toy, tmp_path):
    run(toy, tmp_path, steps=4)
    with pytest.raises(InputError, match="batch_size was 8 and is 10"):
        run(toy, tmp_path, steps=4, batch_size=10, resume=True)
    with pytest.raises(InputError, match="training examples was 40 and is 30"):
        run(toy, tmp_path, steps=4, examples=toy.ToyExamples(30), resume=True)
    with pytest.raises(InputError, match=r"another model.*was the recipe changed"):
        run(toy, tmp_path, steps=4, method=toy.ToyMethod(out=5), resume=True)
    run(toy, tmp_path, steps=4, resume=True, log_every=1, checkpoint_every=None, keep_checkpoints=9)


def test_what_differs_is_named_down_to_the_field(toy, tmp_path):
    run(toy, tmp_path, steps=2, optimiser=SGD(learning_rate=0.1))
    message = (
        r"resume from .*step-000002: optimiser\.learning_rate was 0\.1 and is 0\.2;.*ema\.decay was None and is 0\.5"
    )
    with pytest.raises(InputError, match=message):
        run(toy, tmp_path, steps=2, optimiser=SGD(learning_rate=0.2), ema=EMA(decay=0.5), resume=True)


@pytest.mark.parametrize("workers", [0, 1])
def test_rows_passed_over_are_reported(toy, tmp_path, workers):
    examples = toy.ToyExamples()
    whole = examples.batch
    examples.batch = lambda rows: replace(whole([r for r in rows if r != 7]), skipped=_bad(rows))
    _, result = run(toy, tmp_path, examples=examples, workers=workers)
    assert result.skipped == (SkippedRow(7, "bad"),)


def test_the_limit_of_bad_rows_is_one_for_all_workers(toy, tmp_path):
    """Each worker meets one of the two bad rows; together they are one too many."""
    examples = toy.ToyExamples()
    whole = examples.batch
    examples.batch = lambda rows: replace(
        whole([r for r in rows if r not in (7, 8)]),
        skipped=tuple(SkippedRow(r, f"row {r}") for r in rows if r in (7, 8)),
    )
    with pytest.raises(InputError, match=r"more than 1 rows cannot be used; the last: row [78]"):
        run(toy, tmp_path, examples=examples, workers=2, steps=10)


def _bad(rows):
    return (SkippedRow(7, "bad"),) if 7 in rows else ()


def test_checkpoints_are_made_and_thinned(toy, tmp_path):
    run(toy, tmp_path, steps=12, checkpoint_every=2, keep_checkpoints=3)
    assert [path.name for path in list_checkpoints(tmp_path / "checkpoints")] == [
        "step-000008",
        "step-000010",
        "step-000012",
    ]
    assert len(list((tmp_path / "checkpoints").iterdir())) == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("workers", [0, 1])
def test_a_signal_stops_after_the_step(toy, tmp_path, number, workers):
    """As a terminal sends it: to the workers too."""

    class Sender(Observer):
        def on_log(self, record):
            if record["step"] == 6:
                for process in (*multiprocessing.active_children(), psutil.Process()):
                    os.kill(process.pid, number)

    before = signal.getsignal(number)
    _, result = run(toy, tmp_path, observers=[Sender()], workers=workers)
    assert result.interrupted
    assert result.steps == 6
    assert signal.getsignal(number) is before
    assert list_checkpoints(tmp_path / "checkpoints")[-1].name == "step-000006"


def test_outside_the_main_thread(toy, tmp_path):
    results = []
    thread = threading.Thread(target=lambda: results.append(run(toy, tmp_path)[1]))
    thread.start()
    thread.join()
    assert results[0].steps == 12


def test_nan_is_one_clear_error_and_the_checkpoint_is_from_before(toy, tmp_path):
    class Breaks(toy.ToyMethod):
        def objective(self, embeddings, targets):
            output = super().objective(embeddings, targets)
            if int(self.steps_seen) == 7:
                output.loss = output.loss * torch.nan
            return output

    ended = []

    class End(Observer):
        def on_end(self, result):
            ended.append(result)

    message = r"not finite at step 8 of 12 \(learning rate 0.000\d+\); .*step-000005 is from before it and whole"
    with pytest.raises(CounterpointError, match=message):
        run(toy, tmp_path, method=Breaks(), observers=[End()])
    assert ended == [None]
    assert list_checkpoints(tmp_path / "checkpoints")[-1].name == "step-000005"


def test_batch_larger_than_the_data(toy, tmp_path):
    with pytest.raises(InputError, match="64 rows a batch, but only 40 rows"):
        run(toy, tmp_path, batch_size=64)


def test_caching_with_batch_normalisation_is_refused_before_training(toy, tmp_path):
    method = toy.ToyMethod()
    method.towers.append(nn.BatchNorm1d(4))
    with pytest.raises(InputError, match="batch normalisation"):
        run(toy, tmp_path, method=method, cache_chunk=2)


def test_bfloat16_trains(toy, tmp_path):
    losses = toy.Losses()
    run(toy, tmp_path, observers=[losses], steps=40, precision="bf16", optimiser=AdamW(learning_rate=0.02))
    assert losses.records[-1]["loss"] < losses.records[0]["loss"]


class Skip:
    """Examples whose first batch is another one of the epoch."""

    def __init__(self, toy, batches):
        self.inner, self.batches, self.table = toy.ToyExamples(), batches, toy.ToyExamples().table

    def __len__(self):
        return len(self.inner)

    def batch(self, rows):
        from counterpoint.data import EpochSampler

        sampler = EpochSampler(40, batch_size=8, seed=0, blocks=self.table.blocks, drop_last=True)
        return self.inner.batch(list(sampler)[self.batches])
