"""A method: one training step, as encode-then-objective, in the two halves that gradient caching needs."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from counterpoint.data import Batch
from counterpoint.encoders import Encoder
from counterpoint.pairwise import Relation

Inputs = dict[str, Tensor]


@dataclass
class Prepared:
    """One batch, ready to encode: what the loader's workers hand to the step.

    Attributes:
        calls: One entry per encoder call (a view, a tower); each is a list of chunks of inputs, in row order.
            Without gradient caching every call has one chunk.
        targets: Tensors that the objective reads besides embeddings: labels, owners, scores.
        size: Number of anchors N.
    """

    calls: list[list[Inputs]]
    targets: dict[str, Tensor] = field(default_factory=dict)
    size: int = 0

    def to(self, device: torch.device) -> "Prepared":
        """The same batch on ``device``."""
        calls = [[_moved(chunk, device) for chunk in call] for call in self.calls]
        return Prepared(calls=calls, targets=_moved(self.targets, device), size=self.size)


def _moved(tensors: dict[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    return {name: tensor.to(device, non_blocking=True) for name, tensor in tensors.items()}


@dataclass
class StepOutput:
    """What one step computed.

    Attributes:
        loss: Scalar: the objective over the global batch.
        anchors: `[N, D]` embeddings that the monitor looks at (detached there).
        candidates: `[M, D]`.
        relation: Who is positive to whom between the two.
        exclude_self: Anchors and candidates are the same rows.
        temperature: What similarities are divided by, where the objective has one.
    """

    loss: Tensor
    anchors: Tensor
    candidates: Tensor
    relation: Relation
    exclude_self: bool = False
    temperature: float | None = None


class Method(nn.Module, ABC):
    """Encoders and heads, and how one batch becomes a loss. ``encode`` sees rows; only ``objective`` sees the batch."""

    @abstractmethod
    def prepare(self, batch: Batch, seeds: Tensor, *, chunk: int | None = None) -> Prepared:
        """Views and collation, on the CPU and without autograd; ``seeds`` int64 `[N]` decide every random choice."""

    @abstractmethod
    def encode(self, call: int, inputs: Inputs) -> Tensor:
        """Embeddings `[n, D]` of one chunk of call number ``call``; rows must not see each other."""

    @abstractmethod
    def objective(self, embeddings: list[Tensor], targets: dict[str, Tensor]) -> StepOutput:
        """The loss of the whole batch, from one embedding tensor per call."""

    @property
    @abstractmethod
    def encoder(self) -> Encoder:
        """The encoder that ``embed``, ``evaluate`` and ``search`` use afterwards."""

    @property
    def other(self) -> Encoder | None:
        """The encoder of candidates, when it is another one."""
        return None

    @property
    def outside(self) -> dict[str, str]:
        """What the method reads besides its own state, name to digest: a run is resumed only with the same."""
        return {}

    def after_step(self, step: int) -> None:
        """Update state that is not learned by gradient (queues, teachers); called after every optimiser step."""
