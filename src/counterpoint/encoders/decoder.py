"""A small decoder with new weights and a vocabulary of its own, which reads from left to right or both ways."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from counterpoint.base.content import Content, Kind
from counterpoint.base.errors import InputError
from counterpoint.base.extras import require
from counterpoint.encoders.byte_pairs import PAD, train_byte_pairs
from counterpoint.encoders.causal_mask import check_mask
from counterpoint.encoders.encoding import check_kind
from counterpoint.encoders.hugging_face import HuggingFaceEncoder, TextTransformer
from counterpoint.encoders.pooling import LastToken, Pooling
from counterpoint.encoders.role import Role

END = "[END]"
_PURPOSE = "a small decoder"


@dataclass(frozen=True, kw_only=True)
class SmallDecoder(TextTransformer):
    """Llama's layers (rotary positions, RMS norms, SwiGLU) at sizes that a CPU trains, from new weights.

    Touvron and others (2023), "LLaMA: Open and Efficient Foundation Language Models", arXiv:2302.13971, Section 2.2.
    With its mask a token's state depends on the tokens up to its own alone, and the last one, which ends every text,
    has seen all: pool that. NV-Embed (arXiv:2405.17428) and KaLM-Embedding-V2 (arXiv:2506.20923) take the mask away to
    embed and pool a mean or latents; :class:`counterpoint.encoders.BothWays` does so to one that has learnt with it.

    Tokens are byte pairs learnt from the sample, as those of :class:`counterpoint.encoders.SmallBert`.

    Attributes:
        dim: D, of states and embedding; the perceptron is four times as wide.
        layers: Blocks of attention and perceptron.
        heads: Of attention; they divide ``dim`` into even parts. None: one for every 64 dimensions.
        causal: Whether a token sees only those before it.
        vocabulary_size: Tokens at most, besides the one of its own.
        min_frequency: A pair is joined into one token only when the sample holds it this often.
        max_length: Tokens kept of a text, the last one included.
        dropout: Share of attention left out in training, so that two passes over a text differ.
        pooling: How token vectors become one: ``LastToken()``, ``Mean()`` or ``LatentAttention()``.
    """

    dim: int = 128
    layers: int = 2
    heads: int | None = None
    causal: bool = True
    vocabulary_size: int = 8000
    min_frequency: int = 5
    max_length: int = 64
    dropout: float = 0.1
    pooling: Pooling = field(default_factory=LastToken)

    def __post_init__(self) -> None:
        if min(self.dim, self.layers, self.vocabulary_size, self.min_frequency) < 1 or self.max_length < 2:
            raise InputError(f"sizes must be at least 1, and max_length at least 2, got {self}")
        if self._heads < 1 or self.dim % (2 * self._heads):
            raise InputError(f"heads must divide dim = {self.dim} into even parts, got {self._heads}")
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout must lie in 0..1, got {self.dropout}")

    def build(self, sample: Content | None = None) -> HuggingFaceEncoder:
        """Learn the vocabulary from the sample and draw the weights.

        Raises:
            InputError: No sample, one that is not text, or a transformers before 5 and ``causal=False``.
            MissingExtraError: transformers or tokenizers is not installed.
        """
        if sample is None:
            raise InputError("SmallDecoder needs a sample of texts to learn its vocabulary from")
        check_kind(sample, Kind.TEXT)
        transformers = require("transformers", extra="text", purpose=_PURPOSE)
        tokenizer = self._tokenizer(transformers, [str(text) for text in sample])
        config = transformers.LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=self.dim,
            num_hidden_layers=self.layers,
            num_attention_heads=self._heads,
            num_key_value_heads=self._heads,
            intermediate_size=4 * self.dim,
            max_position_embeddings=self.max_length,
            attention_dropout=self.dropout,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            use_cache=False,
            is_causal=self.causal,
        )
        model = transformers.LlamaModel(config)
        return self._checked(HuggingFaceEncoder(self, model, tokenizer, self.pooling, self.max_length))

    def restore(self, fitted: Mapping[str, Any], folder: Path) -> HuggingFaceEncoder:
        """The same architecture, mask and tokenizer, from the files of a saved encoder only."""
        return self._checked(super().restore(fitted, folder))

    def prompt_for(self, role: Role) -> str:
        """Nothing: there are no prompts that it would know."""
        return ""

    def _checked(self, encoder: HuggingFaceEncoder) -> HuggingFaceEncoder:
        check_mask(encoder, causal=self.causal)
        return encoder

    def _tokenizer(self, transformers: Any, texts: list[str]) -> Any:
        processors = require("tokenizers.processors", extra="text", purpose=_PURPOSE)
        pairs = train_byte_pairs(
            texts, vocabulary_size=self.vocabulary_size, lowercase=True, min_frequency=self.min_frequency
        )
        pairs.add_special_tokens([END])
        pairs.post_processor = processors.TemplateProcessing(
            single=f"$A {END}", special_tokens=[(END, pairs.token_to_id(END))]
        )
        return transformers.PreTrainedTokenizerFast(
            tokenizer_object=pairs,
            pad_token=PAD,
            eos_token=END,
            model_max_length=self.max_length,
            model_input_names=["input_ids", "attention_mask"],
        )

    @property
    def _heads(self) -> int:
        return max(1, self.dim // 64) if self.heads is None else self.heads
