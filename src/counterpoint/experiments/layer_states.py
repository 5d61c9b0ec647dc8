"""What every layer of a model makes of texts: vectors of tokens, and their mean for every text."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from counterpoint.encoders import HuggingFace

AT_ONCE = 64


class Layered(Protocol):
    """A model of texts whose layers can be looked at."""

    def states(self, texts: Sequence[str]) -> tuple[list[Tensor], Tensor]:
        """Of every layer `[N, L, D]`, first the embedding of tokens; and which tokens are there, bool `[N, L]`."""
        ...


class PretrainedLayers:
    """The layers of a Hugging Face text encoder.

    Args:
        name_or_path: A folder, or a name in the cache; nothing is fetched.
        max_length: Tokens kept of a text.

    Raises:
        InputError: The model cannot be found or read.
    """

    def __init__(self, name_or_path: str, *, max_length: int = 48) -> None:
        spec = HuggingFace(name_or_path=name_or_path, max_length=max_length, local_files_only=True)
        self.encoder = spec.build().eval()

    def states(self, texts: Sequence[str]) -> tuple[list[Tensor], Tensor]:
        """See :class:`Layered`."""
        inputs = self.encoder.collate(list(texts))
        found = self.encoder.model(**inputs, output_hidden_states=True).hidden_states
        return list(found), inputs["attention_mask"].bool()


@torch.no_grad()
def pooled_layers(model: Layered, texts: Sequence[str]) -> list[np.ndarray]:
    """Of each layer the mean over tokens of every text, float32 `[N, D]`."""
    parts: list[list[np.ndarray]] = []
    for start in range(0, len(texts), AT_ONCE):
        layers, there_NL = model.states(texts[start : start + AT_ONCE])
        weight_NL1 = (there_NL / there_NL.sum(1, keepdim=True))[:, :, None]
        parts.append([(states_NLD * weight_NL1).sum(1).numpy() for states_NLD in layers])
    return [np.concatenate(one) for one in zip(*parts, strict=True)]


@torch.no_grad()
def token_layers(model: Layered, texts: Sequence[str]) -> list[list[np.ndarray]]:
    """Of each layer the tokens of every text, float32 `[L, D]` with L its own."""
    layers, there_NL = model.states(texts)
    return [[states_LD[there_L].numpy() for states_LD, there_L in zip(one, there_NL, strict=True)] for one in layers]
