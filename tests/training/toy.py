"""A small method and small data for the tests of this room; as a program, it starts trainings to be killed."""

import json
import os
import random
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.distributed.nn.functional as dist_functional
from torch import nn

from counterpoint.data import BadRows, Batch
from counterpoint.methods.base import Method, Prepared, StepOutput
from counterpoint.pairs.batches import ClassBalanced
from counterpoint.pairwise import SameKey
from counterpoint.training import EMA, SGD, AdamW, Constant, MetricsFile, Observer, TrainSettings, train


@dataclass
class ToyTable:
    blocks: np.ndarray


class ToyExamples:
    """Points around a few centres, as the trainer sees them."""

    def __init__(self, n=40, dim=6, broken_row=None):
        generator = np.random.default_rng(0)
        self.labels = np.arange(n) % dim
        self.values = (generator.normal(size=(n, dim)) + 2 * np.eye(dim)[np.arange(n) % dim]).astype(np.float32)
        self.table = ToyTable(np.array([0, n]))
        self.bad_rows = BadRows(limit=1)
        if broken_row is not None:
            self.values[broken_row] = np.nan

    def __len__(self):
        return len(self.values)

    def batch(self, rows):
        return Batch(rows=np.asarray(rows), anchor=torch.from_numpy(self.values[rows]))


class ToyMethod(Method):
    """Two noisy views through linear encoders with dropout, dense InfoNCE with a learnable temperature."""

    def __init__(self, dim=6, out=4, *, shared=True, dropout=0.2, seed=0, delay=0.0):
        super().__init__()
        torch.manual_seed(seed)
        first = _tower(dim, out, dropout)
        self.towers = nn.ModuleList([first, first if shared else _tower(dim, out, dropout)])
        self.log_temperature = nn.Parameter(torch.tensor(-1.0))
        self.register_buffer("steps_seen", torch.zeros((), dtype=torch.int64))
        self.register_buffer("drawn", torch.zeros((), dtype=torch.float64))
        self.delay = delay

    @property
    def encoder(self):
        return self.towers[0]

    def prepare(self, batch, seeds, *, chunk=None):
        calls = []
        for call in range(2):
            noise = torch.stack([_noise(int(seed) + call, batch.anchor.shape[1]) for seed in seeds])
            view = batch.anchor + noise.to(batch.anchor.dtype)
            calls.append([{"x": part} for part in view.split(chunk or len(view))])
        return Prepared(calls=calls, targets={"row": torch.as_tensor(batch.rows)}, size=len(seeds))

    def encode(self, call, inputs):
        return self.towers[call](inputs["x"])

    def objective(self, embeddings, targets):
        self.wait()
        a, b = (nn.functional.normalize(one.to(self.log_temperature.dtype), dim=1) for one in embeddings)
        logits = a @ b.T / self.log_temperature.exp()
        loss = nn.functional.cross_entropy(logits, torch.arange(len(a), device=a.device))
        keys = torch.arange(len(a), device=a.device)
        return StepOutput(loss, embeddings[0], embeddings[1], SameKey(keys, keys))

    def after_step(self, step):
        self.steps_seen += 1
        self.drawn += random.random() + np.random.rand()

    def wait(self):
        if self.delay:
            time.sleep(self.delay)


class Losses(Observer):
    """Keeps the records."""

    def __init__(self):
        self.records = []

    def on_log(self, record):
        self.records.append(record)

    def on_end(self, result):
        self.result = result


def settings(**changes):
    """Twelve steps, a checkpoint every five, a record every three."""
    values = {"steps": 12, "batch_size": 8, "log_every": 3, "checkpoint_every": 5, "cpu": True}
    return TrainSettings(**{**values, **changes})


def weights(method):
    return {name: value.clone() for name, value in method.state_dict().items()}


def _tower(dim, out, dropout):
    return nn.Sequential(nn.Linear(dim, 8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, out))


def _noise(seed, dim):
    return 0.1 * torch.randn(dim, generator=torch.Generator().manual_seed(seed % 2**62))


class GatheringMethod(ToyMethod):
    """The same loss over the rows of all ranks: each rank's anchors against everyone's candidates."""

    def __init__(self, **options):
        super().__init__(**options)
        self.unused = nn.Parameter(torch.ones(2, 2))
        self.sometimes = nn.Parameter(torch.zeros(()))

    def objective(self, embeddings, targets):
        self.wait()
        if not dist.is_initialized():
            return super().objective(embeddings, targets)
        a, b = (nn.functional.normalize(one, dim=1) for one in embeddings)
        everyone = torch.cat(dist_functional.all_gather(b))
        own = torch.arange(len(a)) + dist.get_rank() * len(a)
        loss = nn.functional.cross_entropy(a @ everyone.T / self.log_temperature.exp(), own)
        if dist.get_rank() == 1:
            loss = loss + self.sometimes
        keys = torch.arange(len(a))
        return StepOutput(loss, embeddings[0], embeddings[1], SameKey(keys, keys))


KINDS = {
    "plain": {"optimiser": AdamW(learning_rate=0.05)},
    "full": {"optimiser": SGD(), "ema": EMA(decay=0.9), "cache_chunk": 3, "accumulate": 2, "precision": "bf16"},
    "ranks": {"optimiser": SGD(momentum=0.5), "schedule": Constant(), "steps": 8, "checkpoint_every": 3},
    "balanced": {
        "optimiser": SGD(momentum=0.5),
        "steps": 8,
        "checkpoint_every": 3,
        "batches": ClassBalanced(per_class=2),
    },
}


def run(folder, kind, delay, dropout=0.2, stop_after=None):
    """Train in ``folder``, resuming if there is something to resume; leaves the weights in ``final-<rank>.json``."""
    folder, rank = Path(folder), int(os.environ.get("RANK", "0"))
    method = (GatheringMethod if kind in ("ranks", "balanced") else ToyMethod)(delay=delay, dropout=dropout, seed=rank)
    left = iter(range(stop_after or 10**9, 0, -1))
    result = train(
        method,
        ToyExamples(),
        settings(**{"steps": 40, "checkpoint_every": 4, **KINDS[kind]}),
        folder,
        resume=True,
        observers=[MetricsFile(folder / "metrics.jsonl")],
        stop=lambda: rank == 0 and next(left) == 1,
    )
    values = {name: value.double().flatten().tolist() for name, value in method.state_dict().items()}
    final = {"weights": values, "interrupted": result.interrupted, "steps": result.steps}
    (folder / f"final-{rank}.json").write_text(json.dumps(final))


def serve():
    """For each line on standard input: start processes, print their numbers, and, once they ended, their exit codes.

    A line is JSON: the environments of the processes, and the arguments of ``run``. Importing takes seconds and
    forking milliseconds, so that many runs can be killed in little time.
    """
    torch.set_num_threads(1)
    torch.optim.SGD([torch.zeros(1)])  # the first optimiser of a process imports torch._dynamo, for seconds
    for line in sys.stdin:
        environments, arguments = json.loads(line)
        children = [_start(environment, arguments) for environment in environments]
        _say(children)
        _say([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])


def _say(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def _start(environment, arguments):
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.environ.update(environment)
        run(**arguments)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve()
