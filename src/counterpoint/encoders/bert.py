"""A small BERT with new weights and a vocabulary of its own: a transformer where nothing may be fetched."""

from dataclasses import dataclass, field
from typing import Any

from counterpoint.base.content import Content, Kind
from counterpoint.base.errors import InputError
from counterpoint.base.extras import require
from counterpoint.encoders.byte_pairs import PAD, train_byte_pairs
from counterpoint.encoders.encoding import check_kind
from counterpoint.encoders.hugging_face import HuggingFaceEncoder, TextTransformer
from counterpoint.encoders.pooling import Mean, Pooling
from counterpoint.encoders.role import Role

FIRST, MASK = "[CLS]", "[MASK]"
_PURPOSE = "a small BERT"


@dataclass(frozen=True, kw_only=True)
class SmallBert(TextTransformer):
    """BERT's layers at sizes that a CPU trains (Devlin and others 2019, arXiv:1810.04805, Section 3), from new weights.

    Tokens are byte pairs learnt from the sample, after one token that begins every text. It knows nothing at first:
    pre-train it on masked words (``WordHead``) or train it on many pairs.

    Attributes:
        dim: Dimensions of states and embedding.
        layers: Blocks of attention and perceptron.
        heads: Of attention; they divide ``dim``. None: one for every 64 dimensions.
        vocabulary_size: Tokens at most, besides the two of its own.
        min_frequency: A pair is joined into one token only when the sample holds it this often.
        max_length: Tokens kept of a text.
        dropout: Share of states and of attention left out in training, so that two passes over a text differ.
        pooling: How token vectors become one.
    """

    dim: int = 128
    layers: int = 2
    heads: int | None = None
    vocabulary_size: int = 8000
    min_frequency: int = 5
    max_length: int = 64
    dropout: float = 0.1
    pooling: Pooling = field(default_factory=Mean)

    def __post_init__(self) -> None:
        if min(self.dim, self.layers, self.vocabulary_size, self.min_frequency) < 1 or self.max_length < 2:
            raise InputError(f"sizes must be at least 1, and max_length at least 2, got {self}")
        if self.dim % self._heads:
            raise InputError(f"heads must divide dim = {self.dim}, got {self._heads}")
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout must lie in 0..1, got {self.dropout}")

    def build(self, sample: Content | None = None) -> HuggingFaceEncoder:
        """Learn the vocabulary from the sample and draw the weights.

        Raises:
            InputError: No sample, or one that is not text.
            MissingExtraError: transformers or tokenizers is not installed.
        """
        if sample is None:
            raise InputError("SmallBert needs a sample of texts to learn its vocabulary from")
        check_kind(sample, Kind.TEXT)
        transformers = require("transformers", extra="text", purpose=_PURPOSE)
        tokenizer = self._tokenizer(transformers, [str(text) for text in sample])
        config = transformers.BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=self.dim,
            num_hidden_layers=self.layers,
            num_attention_heads=self._heads,
            intermediate_size=4 * self.dim,
            max_position_embeddings=self.max_length,
            hidden_dropout_prob=self.dropout,
            attention_probs_dropout_prob=self.dropout,
            pad_token_id=tokenizer.pad_token_id,
        )
        model = transformers.BertModel(config, add_pooling_layer=False)
        return HuggingFaceEncoder(self, model, tokenizer, self.pooling, self.max_length)

    def prompt_for(self, role: Role) -> str:
        """Nothing: there are no prompts that it would know."""
        return ""

    def _tokenizer(self, transformers: Any, texts: list[str]) -> Any:
        processors = require("tokenizers.processors", extra="text", purpose=_PURPOSE)
        pairs = train_byte_pairs(
            texts, vocabulary_size=self.vocabulary_size, lowercase=True, min_frequency=self.min_frequency
        )
        pairs.add_special_tokens([FIRST, MASK])
        pairs.post_processor = processors.TemplateProcessing(
            single=f"{FIRST} $A", special_tokens=[(FIRST, pairs.token_to_id(FIRST))]
        )
        return transformers.PreTrainedTokenizerFast(
            tokenizer_object=pairs,
            pad_token=PAD,
            cls_token=FIRST,
            mask_token=MASK,
            model_max_length=self.max_length,
        )

    @property
    def _heads(self) -> int:
        return self.heads or max(1, self.dim // 64)
