"""An encoder with experts by task or by side, as a spec: built, saved and loaded like any other."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from counterpoint.base.content import Content
from counterpoint.base.errors import InputError
from counterpoint.encoders.contract import Encoder, EncoderSpec, Inputs
from counterpoint.encoders.experts import FEED_FORWARD, add_experts
from counterpoint.encoders.hugging_face import HuggingFaceEncoder, TextTransformer
from counterpoint.encoders.role import Role

EXPERT = "expert"
"""What ``collate`` calls the number of every text's expert."""


@dataclass(frozen=True, kw_only=True)
class TaskExperts(EncoderSpec):
    """A transformer of which some parts are there once for every task; all other weights are shared.

    See :func:`counterpoint.encoders.experts.add_experts` for the papers. Which expert reads a text is known and not
    learnt: the one that was chosen, or the one of its side.

    Attributes:
        inner: The transformer, of BERT's architecture.
        experts: How many, at least 2; they begin alike.
        parts: Names of the modules of a layer that are there several times, such as ``FEED_FORWARD`` or ``ATTENTION``.
        by_role: Expert 0 reads queries and plain texts, expert 1 documents, whatever was chosen.
    """

    inner: TextTransformer
    experts: int = 2
    parts: tuple[str, ...] = FEED_FORWARD
    by_role: bool = False

    def __post_init__(self) -> None:
        if self.experts < 2:
            raise InputError(f"experts must be at least 2, got {self.experts}")
        if self.by_role and self.experts != 2:
            raise InputError(f"by_role needs experts = 2, one a side, got {self.experts}")

    def build(self, sample: Content | None = None) -> "TaskExpertsEncoder":
        """The inner encoder, with experts that are copies of its own parts."""
        inner = self.inner.build(sample)
        assert isinstance(inner, HuggingFaceEncoder)  # every text transformer builds one
        return TaskExpertsEncoder(self, inner)

    def restore(self, fitted: Mapping[str, Any], folder: Path) -> "TaskExpertsEncoder":
        """The same architecture and tokenizer, which wait for their weights."""
        return TaskExpertsEncoder(self, self.inner.restore(fitted, folder))


class TaskExpertsEncoder(Encoder):
    """See :class:`TaskExperts`. ``collate`` returns what the inner one's does, and each text's expert, int64 `[N]`.

    Expert 0 is at work until :meth:`choose` says otherwise; which one it was is not saved.

    Args:
        spec: The settings.
        inner: Changed: parts of its layers become experts.

    Raises:
        InputError: Its layers have no such parts.
    """

    def __init__(self, spec: TaskExperts, inner: HuggingFaceEncoder) -> None:
        super().__init__(spec, kind=inner.kind, embedding_dim=inner.embedding_dim)
        self.inner, self.by_role = inner, spec.by_role
        self.router = add_experts(inner, spec.experts, parts=spec.parts)
        self.number = 0

    def choose(self, number: int) -> None:
        """Let an expert read all texts that are collated from now on.

        Args:
            number: Of the expert, from 0.

        Raises:
            InputError: There is none of that number, or the side of a text decides.
        """
        if self.by_role:
            raise InputError("with by_role the side of a text decides which expert reads it, and nothing is to choose")
        self.router.choose(number)
        self.number = number

    def collate(self, content: Content, *, role: Role = Role.PLAIN) -> Inputs:
        """Token ids and mask `[N, L]`, and the number of the expert `[N]`."""
        found = self.inner.collate(content, role=role)
        number = int(role is Role.DOCUMENT) if self.by_role else self.number
        return {**found, EXPERT: torch.full((len(found["input_ids"]),), number)}

    def forward(self, inputs: Inputs) -> Tensor:
        """Embeddings `[N, D]`, each of its own expert."""
        expert_N = inputs[EXPERT]
        read = {name: tensor for name, tensor in inputs.items() if name != EXPERT}
        numbers = expert_N.unique().tolist()
        if len(numbers) == 1:
            return self._read(read, numbers[0])
        rows = [(expert_N == number).nonzero()[:, 0] for number in numbers]
        parts = [
            self._read({name: tensor[own] for name, tensor in read.items()}, number)
            for number, own in zip(numbers, rows, strict=True)
        ]
        return torch.cat(parts)[torch.cat(rows).argsort()]

    def _read(self, inputs: Inputs, number: int) -> Tensor:
        self.router.choose(number)
        return self.inner(inputs)

    def fitted(self) -> dict[str, Any]:
        """Those of the inner encoder."""
        return self.inner.fitted()

    def write_files(self, folder: Path) -> None:
        """Those of the inner encoder."""
        self.inner.write_files(folder)
