"""An encoder that was trained before, to go on from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from counterpoint.base.content import Content
from counterpoint.encoders.contract import Encoder, EncoderSpec
from counterpoint.encoders.loading import load_encoder


@dataclass(frozen=True, kw_only=True)
class Saved(EncoderSpec):
    """The encoder in ``folder``, weights and vocabulary included; what it becomes is saved as its own original spec.

    Attributes:
        folder: Where ``Encoder.save`` wrote it, such as ``run/model``.
    """

    folder: str

    def build(self, sample: Content | None = None) -> Encoder:
        """The saved encoder; the sample is not needed."""
        return load_encoder(self.folder).train()

    def restore(self, fitted: Mapping[str, Any], folder: Path) -> Encoder:
        """The saved encoder again: reached only when this spec is part of a larger one."""
        return load_encoder(self.folder)
