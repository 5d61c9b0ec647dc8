"""A transformer cut after some of its layers: the start of a smaller student, or the use of a model that nests."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from counterpoint.base.content import Content
from counterpoint.base.errors import InputError
from counterpoint.encoders.contract import Encoder, EncoderSpec
from counterpoint.encoders.hugging_face import HuggingFaceEncoder


@dataclass(frozen=True, kw_only=True)
class FirstLayers(EncoderSpec):
    """The first layers of a transformer of BERT's architecture, with their weights; what it becomes is saved as such.

    ``HuggingFace(layers=)`` does the same to a model of others; this cuts any of ours, such as ``Saved(folder=...)``.

    Attributes:
        encoder: What is cut.
        layers: How many of its layers stay.
    """

    encoder: EncoderSpec
    layers: int

    def __post_init__(self) -> None:
        if self.layers < 1:
            raise InputError(f"layers must be at least 1, got {self.layers}")

    def build(self, sample: Content | None = None) -> Encoder:
        """The encoder without its later layers.

        Raises:
            InputError: It is no such transformer, or has fewer layers.
        """
        return self._cut(self.encoder.build(sample))

    def restore(self, fitted: Mapping[str, Any], folder: Path) -> Encoder:
        """The same again: reached only when this spec is part of a larger one."""
        return self._cut(self.encoder.restore(fitted, folder))

    def _cut(self, found: Encoder) -> HuggingFaceEncoder:
        encoder, count = found, bert_layers(found)
        assert isinstance(encoder, HuggingFaceEncoder)  # nothing else has layers
        if self.layers > count:
            raise InputError(f"layers must be at most {count}, all that the encoder has, got {self.layers}")
        encoder.model.encoder.layer = encoder.model.encoder.layer[: self.layers]
        encoder.model.config.num_hidden_layers = self.layers
        if "layers" in {field.name for field in fields(encoder.spec)}:  # pyright: ignore[reportArgumentType]
            encoder.spec = replace(encoder.spec, layers=self.layers)  # pyright: ignore[reportArgumentType]
        return encoder


def bert_layers(encoder: Encoder) -> int:
    """How many layers a transformer of BERT's architecture has.

    Raises:
        InputError: It is none.
    """
    layers = getattr(getattr(getattr(encoder, "model", None), "encoder", None), "layer", None)
    if not isinstance(encoder, HuggingFaceEncoder) or layers is None:
        raise InputError(f"layers must be those of BERT's architecture, and {type(encoder).__name__} has none")
    return len(layers)
