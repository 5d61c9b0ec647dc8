"""The causal mask of a transformer, taken away or put on, with the weights as they are."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch

from counterpoint.base.content import Content
from counterpoint.base.errors import InputError
from counterpoint.encoders.contract import Encoder, EncoderSpec
from counterpoint.encoders.encoding import evaluating
from counterpoint.encoders.hugging_face import HuggingFaceEncoder, TextTransformer
from counterpoint.encoders.pooling import Pooling


@dataclass(frozen=True, kw_only=True)
class BothWays(EncoderSpec):
    """A decoder whose tokens also see those after them; its weights stay as they were.

    BehnamGhader, Adlakha, Mosbach, Bahdanau, Chapados and Reddy, "LLM2Vec: Large Language Models Are Secretly Powerful
    Text Encoders" (2024), arXiv:2404.05961, Section 2.1; also NV-Embed (arXiv:2405.17428, Section 3.1) and
    KaLM-Embedding-V2 (arXiv:2506.20923). The mask was there when the decoder learnt, so train on.

    What it becomes is saved as the decoder's own spec, with the mask gone.

    Attributes:
        decoder: ``Saved(folder="run/model")`` of a :class:`counterpoint.encoders.SmallDecoder`, or ``HuggingFace(...)``
            of a model of that kind, such as Llama or Qwen.
        pooling: In place of its own, with new weights where it has any; None keeps its own.
    """

    decoder: EncoderSpec
    pooling: Pooling | None = None

    def build(self, sample: Content | None = None) -> Encoder:
        """The decoder with its weights, without its mask.

        Raises:
            InputError: It is none.
        """
        return self._opened(self.decoder.build(sample))

    def restore(self, fitted: Mapping[str, Any], folder: Path) -> Encoder:
        """The same again: reached only when this spec is part of a larger one."""
        return self._opened(self.decoder.restore(fitted, folder))

    def _opened(self, found: Encoder) -> HuggingFaceEncoder:
        if not isinstance(found, HuggingFaceEncoder):
            raise InputError(f"decoder must be a transformer, got {type(found).__name__}")
        opened = with_mask(found, causal=False)
        if self.pooling is not None:
            opened.pooling, opened.pool = self.pooling, self.pooling.build(opened.embedding_dim)
            opened.spec = _saying(opened.spec, pooling=self.pooling)
        return opened


def with_mask(encoder: HuggingFaceEncoder, *, causal: bool) -> HuggingFaceEncoder:
    """A copy of a transformer, weights and all, that reads with a causal mask or without it, and is saved as such.

    Args:
        encoder: Such as Llama or Qwen, which learnt with the mask, or BERT, which learnt without; it stays as it is.
        causal: Whether a token sees only those before it.

    Raises:
        InputError: The model does not do as it is told, as those of transformers before 5 do not.
    """
    changed = copy.deepcopy(encoder)
    changed.model.config.is_causal = causal
    changed.spec = _saying(changed.spec, causal=causal)
    check_mask(changed, causal=causal)
    return changed


@torch.no_grad()
def check_mask(encoder: HuggingFaceEncoder, *, causal: bool) -> None:
    """Look whether a first token's state depends on the token after it, as the mask says.

    A setting that a model does not know is passed over by transformers without a word; two short inputs tell.

    Raises:
        InputError: It does and should not, or the other way round.
    """
    rows = len(encoder.model.get_input_embeddings().weight)
    tokens_NL = torch.tensor([[0, 0], [0, rows - 1]], device=encoder.device)
    with evaluating(encoder):
        states_NLD = encoder.model(input_ids=tokens_NL, attention_mask=torch.ones_like(tokens_NL)).last_hidden_state
    first, other = states_NLD[:, 0]
    if torch.allclose(first, other, rtol=1e-4, atol=1e-6) is not causal:
        raise InputError(
            f"causal={causal}: {type(encoder.model).__name__} passes this over, and a token "
            f"{'sees' if causal else 'does not see'} the one after it; transformers 5 or later can do it"
        )


def _saying(spec: TextTransformer, **settings: Any) -> TextTransformer:
    """The spec with these settings, as far as it has them; others are kept with the model."""
    own = {field.name for field in fields(spec)} & settings.keys()  # pyright: ignore[reportArgumentType]
    return replace(spec, **{name: settings[name] for name in own})  # pyright: ignore[reportArgumentType]
