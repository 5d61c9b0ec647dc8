"""Soft prompts: learnt vectors in front of every layer of a transformer that is frozen otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from counterpoint.base.content import Content
from counterpoint.base.errors import InputError
from counterpoint.encoders.contract import Encoder, EncoderSpec, Inputs
from counterpoint.encoders.hugging_face import HuggingFaceEncoder, TextTransformer
from counterpoint.encoders.role import Role


@dataclass(frozen=True, kw_only=True)
class SoftPrompts(EncoderSpec):
    """A transformer whose every layer reads learnt vectors before the text; nothing else learns.

    Before each layer the first ``length`` states are replaced by vectors of that layer's own (deep prompts: Liu, Ji,
    Fu, Tam, Du, Yang and Tang, "P-Tuning v2", 2022, arXiv:2110.07602), as PromCSE does for sentences (Jiang, Zhang and
    Wang 2022, arXiv:2203.06875, Section 3.1). Pooling leaves them out.

    Attributes:
        inner: The transformer, of BERT's architecture.
        length: Vectors a layer.
        spread: Standard deviation of the vectors at first.
    """

    inner: TextTransformer
    length: int = 16
    spread: float = 0.02

    def __post_init__(self) -> None:
        if self.length < 1:
            raise InputError(f"length must be at least 1, got {self.length}")

    def build(self, sample: Content | None = None) -> "SoftPromptEncoder":
        """The inner encoder, frozen, with prompts drawn anew."""
        inner = self.inner.build(sample)
        assert isinstance(inner, HuggingFaceEncoder)  # every text transformer builds one
        return SoftPromptEncoder(self, inner)

    def restore(self, fitted: Mapping[str, Any], folder: Path) -> "SoftPromptEncoder":
        """The same architecture and tokenizer, which wait for their weights."""
        inner = self.inner.restore(fitted, folder)
        return SoftPromptEncoder(self, inner)


class SoftPromptEncoder(Encoder):
    """See :class:`SoftPrompts`. ``collate`` returns what the inner encoder's does, with places for the prompts.

    Args:
        spec: The settings.
        inner: Changed: its weights are frozen, and its layers read prompts.

    Raises:
        InputError: It is not of BERT's architecture, or has no positions left for the prompts.
    """

    def __init__(self, spec: SoftPrompts, inner: HuggingFaceEncoder) -> None:
        super().__init__(spec, kind=inner.kind, embedding_dim=inner.embedding_dim)
        layers = getattr(getattr(inner.model, "encoder", None), "layer", None)
        if layers is None:
            raise InputError(f"soft prompts need BERT's layers, and {type(inner.model).__name__} has none")
        room = int(inner.model.config.max_position_embeddings) - spec.length
        if room < 1:
            raise InputError(f"{spec.length} prompts leave no position for the text")
        inner.requires_grad_(False)
        self.inner, self.length = inner, spec.length
        inner.max_length = min(inner.max_length, room)
        for number, layer in enumerate(layers):
            layers[number] = PromptedLayer(layer, torch.randn(spec.length, inner.embedding_dim) * spec.spread)

    def collate(self, content: Content, *, role: Role = Role.PLAIN) -> Inputs:
        """Token ids and mask `[N, P + L]`; what stands at the first P places is never read."""
        found = self.inner.collate(content, role=role)
        ids, mask = found["input_ids"], found["attention_mask"]
        places = ids.new_full((len(ids), self.length), int(self.inner.tokenizer.pad_token_id))
        return {
            "input_ids": torch.cat([places, ids], 1),
            "attention_mask": torch.cat([torch.ones_like(places), mask], 1),
        }

    def forward(self, inputs: Inputs) -> Tensor:
        """Embeddings `[N, D]`."""
        states_NLD = self.states(inputs)
        return self.inner.pool(states_NLD, inputs["attention_mask"][:, self.length :])

    def states(self, inputs: Inputs) -> Tensor:
        """States of the text after the last layer, `[N, L, D]`."""
        return self.inner.model(**inputs).last_hidden_state[:, self.length :]

    def prompts(self) -> list[nn.Parameter]:
        """The vectors of every layer, `[P, D]` each."""
        return [layer.prompt for layer in self.inner.model.encoder.layer]

    def fitted(self) -> dict[str, Any]:
        """Those of the inner encoder."""
        return self.inner.fitted()

    def write_files(self, folder: Path) -> None:
        """Those of the inner encoder."""
        self.inner.write_files(folder)


class PromptedLayer(nn.Module):
    """A layer that reads its prompt in place of the first states."""

    def __init__(self, layer: nn.Module, prompt_PD: Tensor) -> None:
        super().__init__()
        self.layer = layer
        self.prompt = nn.Parameter(prompt_PD)

    def forward(self, states_NLD: Tensor, *args: Any, **kwargs: Any) -> Any:
        """Whatever the layer returns."""
        prompt = self.prompt.expand(len(states_NLD), -1, -1)
        return self.layer(torch.cat([prompt, states_NLD[:, len(self.prompt) :]], 1), *args, **kwargs)
