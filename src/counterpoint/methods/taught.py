"""Distillation: an encoder learns to put an example where a teacher puts it, and not where it puts others."""

import torch
from torch import Tensor, nn

from counterpoint.base.content import Content, take
from counterpoint.base.errors import InputError
from counterpoint.data import Batch
from counterpoint.encoders import Encoder, freeze
from counterpoint.methods.base import Inputs, Method, Prepared, StepOutput
from counterpoint.methods.ruling import digest_of
from counterpoint.pairwise import Loss, SameKey
from counterpoint.views import View, fork


class TaughtContrast(Method):
    """The student's embeddings of a batch against the teacher's of the same examples.

    Gao, Wu, Wang, Wang, Zang, Wang and Hu, "DistilCSE" (2021), arXiv:2112.05638, with InfoNCE: the positive of a
    student's embedding is the teacher's of the same example, negatives are the teacher's of the others of the batch.
    With ``Alignment`` it is the mean squared distance of unit vectors, which knows no negatives.

    The teacher is no part of the method: it does not learn, is in no checkpoint, and is made anew from its spec when a
    run is resumed; :attr:`outside` tells whether it is the same one.

    Args:
        encoder: The student.
        objective: Of two views.
        views: What the student sees of an example, and what the teacher sees.
        head: Projects the student's embeddings to the teacher's dimensions; dropped after training.
        dim: What the head projects to.
        teacher: Frozen here.

    Raises:
        InputError: The teacher embeds into other dimensions, or takes content of another kind.
    """

    def __init__(
        self,
        encoder: Encoder,
        objective: Loss,
        *,
        views: tuple[View, View],
        head: nn.Module,
        dim: int,
        teacher: Encoder,
    ) -> None:
        super().__init__()
        if teacher.kind is not encoder.kind:
            raise InputError(f"teacher takes {teacher.kind} content, and what learns {encoder.kind} content")
        if teacher.embedding_dim != dim:
            raise InputError(
                f"teacher embeds into {teacher.embedding_dim} dimensions, and what learns into {dim}: give "
                f"head=LinearHead(out_dim={teacher.embedding_dim})"
            )
        self.student, self.head = encoder, head
        self.formula, self.views = objective, views
        self._teacher = [freeze(teacher)]  # in a list, so that it is no module of this one

    @property
    def encoder(self) -> Encoder:
        """The student."""
        return self.student

    @property
    def teacher(self) -> Encoder:
        """The teacher, in evaluation mode."""
        return self._teacher[0]

    @property
    def outside(self) -> dict[str, str]:
        """The teacher."""
        return {"the teacher": digest_of(self.teacher)}

    def prepare(self, batch: Batch, seeds: Tensor, *, chunk: int | None = None) -> Prepared:
        """The batch as student and teacher see it; see :meth:`Method.prepare`."""
        first, second = self.views
        calls = [
            _collated(self.student, first(batch.anchor, fork(seeds, 0)), chunk),
            _collated(self.teacher, second(batch.anchor, fork(seeds, 1)), chunk),
        ]
        return Prepared(calls=calls, size=len(batch))

    def encode(self, call: int, inputs: Inputs) -> Tensor:
        """Projected embeddings of the student, or embeddings of the teacher, `[n, D]`."""
        if call == 0:
            return self.head(self.student(inputs))
        with torch.no_grad():
            return self.teacher.to(next(iter(inputs.values())).device)(inputs)

    def objective(self, embeddings: list[Tensor], targets: dict[str, Tensor]) -> StepOutput:
        """The objective of both sides; see :meth:`Method.objective`."""
        student, teacher = embeddings[0], embeddings[1].detach()  # caching then leaves the teacher alone
        rows = torch.arange(len(student), device=student.device)
        loss = self.formula(student, teacher)
        temperature = getattr(self.formula, "temperature", None)
        return StepOutput(loss, student, teacher, SameKey(rows, rows, local=True), temperature=temperature)


def _collated(encoder: Encoder, content: Content, chunk: int | None) -> list[Inputs]:
    size = chunk or len(content)
    parts = (range(i, min(i + size, len(content))) for i in range(0, len(content), size))
    return [encoder.collate(take(content, part)) for part in parts]
