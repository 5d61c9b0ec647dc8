"""Several tasks for one encoder: every batch is of one task, and goes through that task's own contrast."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.data import TASK, Batch
from counterpoint.encoders import Encoder, TaskExperts
from counterpoint.encoders.task_experts import TaskExpertsEncoder
from counterpoint.methods.base import Inputs, Method, Prepared, StepOutput
from counterpoint.methods.contrast import Contrast


class ManyTasks(Method):
    """T contrasts that share encoder and head; objective, supervision, views and temperature are a task's own.

    With experts by task (``TaskExperts`` without ``by_role``) expert t reads the texts of task t.

    Args:
        contrasts: One for each task, in the order of the data's tasks.

    Raises:
        InputError: There is none, they do not share encoder and head, or there are not as many experts as tasks.
    """

    def __init__(self, contrasts: Sequence[Contrast]) -> None:
        super().__init__()
        if not contrasts:
            raise InputError("contrasts must hold one task at least, got none")
        shared = contrasts[0]
        if any(one.encoder is not shared.encoder or one.head is not shared.head for one in contrasts):
            raise InputError("contrasts of several tasks must share one encoder and one head, so that all learn it")
        self.contrasts = nn.ModuleList(contrasts)
        self.experts = _experts(shared.encoder, len(contrasts))

    def task(self, number: int) -> Contrast:
        """The contrast of a task, whose texts are read as that task's from now on."""
        if self.experts is not None:
            self.experts.choose(number)
        return self._contrast(number)

    def _contrast(self, number: int) -> Contrast:
        found = self.contrasts[number]
        assert isinstance(found, Contrast)
        return found

    @property
    def encoder(self) -> Encoder:
        """The encoder of all tasks."""
        return self._contrast(0).encoder

    def prepare(self, batch: Batch, seeds: Tensor, *, chunk: int | None = None) -> Prepared:
        """As the contrast of the batch's task does it; see :meth:`Method.prepare`."""
        number = int(batch.facts[TASK][0])
        prepared = self.task(number).prepare(batch, seeds, chunk=chunk)
        targets = {**prepared.targets, TASK: torch.tensor([number])}
        return Prepared(calls=prepared.calls, targets=targets, size=prepared.size)

    def encode(self, call: int, inputs: Inputs) -> Tensor:
        """Projected embeddings `[n, D]`, by what all tasks share."""
        return self._contrast(0).encode(call, inputs)

    def objective(self, embeddings: list[Tensor], targets: dict[str, Tensor]) -> StepOutput:
        """The objective of the batch's task; see :meth:`Method.objective`."""
        own = {name: value for name, value in targets.items() if name != TASK}
        return self._contrast(int(targets[TASK])).objective(embeddings, own)


def _experts(encoder: Encoder, tasks: int) -> TaskExpertsEncoder | None:
    """The encoder, where it has experts that a task chooses."""
    if not isinstance(encoder, TaskExpertsEncoder) or encoder.by_role:
        return None
    assert isinstance(encoder.spec, TaskExperts)
    if encoder.spec.experts != tasks:
        raise InputError(f"experts must be as many as tasks, or go by_role: {encoder.spec.experts} for {tasks} tasks")
    return encoder
