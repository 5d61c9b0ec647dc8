"""Rows as the trainer sees them; a run that is cut short, and a step in chunks, beside one that is not."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree

import numpy as np
import torch

from counterpoint.data import BadRows, Batch
from counterpoint.methods import Method
from counterpoint.training import TrainSettings, train
from counterpoint.training.caching import backward, cached_backward


@dataclass
class _Table:
    blocks: np.ndarray


class Rows:
    """Vectors, with labels and facts where there are some."""

    def __init__(
        self, values: torch.Tensor, labels: torch.Tensor | None = None, facts: dict[str, torch.Tensor] | None = None
    ) -> None:
        self.facts = facts or {}
        self.values, self.label, self.table = values, labels, _Table(np.array([0, len(values)]))
        self.bad_rows = BadRows(limit=0)

    def __len__(self) -> int:
        return len(self.values)

    def batch(self, rows) -> Batch:
        label = None if self.label is None else self.label[rows]
        facts = {key: one[rows] for key, one in self.facts.items()}
        return Batch(rows=np.asarray(rows), anchor=self.values[rows], label=label, facts=facts)


def whole_and_resumed(
    build: Callable[[], Method], examples: Rows, settings: TrainSettings, folder: Path
) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """The state after six steps, and after six of which the last three were made again from the checkpoint."""
    settings = replace(settings, steps=6, checkpoint_every=3)

    def run(name: str, *, resume: bool = False) -> dict[str, torch.Tensor]:
        method = build()
        train(method, examples, settings, folder / name, resume=resume)
        return {key: one.clone() for key, one in method.state_dict().items()}

    whole = run("whole")
    run("cut")
    for newest in sorted((folder / "cut" / "checkpoints").iterdir())[1:]:
        rmtree(newest)
    return whole, run("cut", resume=True)


def cached_equals_uncached(method: Method, batch: Batch, seeds: torch.Tensor, *, chunk: int) -> None:
    """A step in chunks has the loss and the gradients of the whole batch."""
    plain = backward(method, method.prepare(batch, seeds))
    expected = [one.grad for one in method.parameters()]
    method.zero_grad()
    cached = cached_backward(method, method.prepare(batch, seeds, chunk=chunk))
    torch.testing.assert_close(cached.loss, plain.loss)
    for one, other in zip(method.parameters(), expected, strict=True):
        torch.testing.assert_close(one.grad, other, atol=1e-6, rtol=1e-4)
