"""What every encoder is: a spec that builds it, and a module that turns content into vectors and saves itself."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.base.content import Content, Kind
from counterpoint.encoders.encoding import encode_all
from counterpoint.encoders.role import Role
from counterpoint.encoders.saving import write_encoder

Inputs = dict[str, Tensor]
"""What ``collate`` returns: named tensors whose first axis has one entry per example."""


class EncoderSpec(ABC):
    """What an encoder is made of. Subclasses are frozen, keyword-only dataclasses of JSON-able fields."""

    @abstractmethod
    def build(self, sample: Content | None = None) -> "Encoder":
        """A new encoder with weights drawn from torch's global random state.

        Args:
            sample: Some training content, to fit what only data can tell (channels, vocabulary, mean and spread).

        Raises:
            InputError: The sample is of another kind, or is needed and missing.
        """

    @abstractmethod
    def restore(self, fitted: Mapping[str, Any], folder: Path) -> "Encoder":
        """The module as it was built, before its weights are loaded; reads only ``fitted`` and ``folder``."""


class Encoder(nn.Module, ABC):
    """Content to vectors `[N, D]`, in two halves: ``collate`` on the CPU without autograd, ``forward`` on the device.

    Attributes:
        spec: What it was built from.
        kind: The kind of content it takes.
        embedding_dim: D.
        frozen: It never learns: no parameter has a gradient and it stays in evaluation mode (see ``freeze``).
    """

    def __init__(self, spec: EncoderSpec, *, kind: Kind, embedding_dim: int) -> None:
        super().__init__()
        self.spec = spec
        self.kind = kind
        self.embedding_dim = embedding_dim
        self.frozen = False

    @abstractmethod
    def collate(self, content: Content, *, role: Role = Role.PLAIN) -> Inputs:
        """The tensors that ``forward`` takes, on the CPU; each has N rows.

        Args:
            content: N examples.
            role: Which of the encoder's prompts to put first; encoders without prompts ignore it.

        Raises:
            InputError: The content is of another kind or shape than the encoder was built for.
        """

    @abstractmethod
    def forward(self, inputs: Inputs) -> Tensor:
        """Embeddings `[N, D]`, not normalised."""

    def fitted(self) -> dict[str, Any]:
        """JSON values learnt at build time that ``restore`` needs besides the spec."""
        return {}

    def write_files(self, folder: Path) -> None:
        """Write what ``restore`` reads besides weights (a tokenizer, a configuration) into an empty ``folder``."""

    def encode(
        self,
        content: Content,
        *,
        batch_size: int = 256,
        normalize: bool = True,
        role: Role = Role.PLAIN,
        show_progress: bool = False,
    ) -> np.ndarray:
        """Embeddings float32 `[N, D]` in the order of ``content``, in evaluation mode and without gradients.

        Args:
            content: N examples; texts are batched by length, so padding is small, and put back in order.
            batch_size: Examples encoded at once.
            normalize: Scale every row to length 1; a zero row stays zero.
            role: Which prompt to put first.
            show_progress: Draw a progress bar on standard error.

        Raises:
            InputError: The content does not fit the encoder, or ``batch_size`` is below 1.
        """
        return encode_all(
            self, content, batch_size=batch_size, normalize=normalize, role=role, show_progress=show_progress
        )

    def save(self, folder: Path | str) -> None:
        """Write everything that ``load_encoder`` needs into ``folder``; each file is replaced atomically.

        Raises:
            StorageError: Writing failed; files already replaced are whole.
        """
        write_encoder(self, Path(folder))

    def train(self, mode: bool = True) -> "Encoder":
        """Switch between training and evaluation; a frozen encoder stays in evaluation mode."""
        super().train(mode and not self.frozen)
        return self

    @property
    def device(self) -> torch.device:
        """Where the weights are; the CPU for an encoder without any."""
        for tensor in (*self.parameters(), *self.buffers()):
            return tensor.device
        return torch.device("cpu")
