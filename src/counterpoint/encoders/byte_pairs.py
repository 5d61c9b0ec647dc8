"""A byte-pair tokenizer, learnt from texts without a network and always the same for the same texts."""

from collections.abc import Iterable, Sequence
from typing import Any

from counterpoint.base.extras import require

PAD = "[PAD]"
"""The only special token; its id is 0."""


def train_byte_pairs(texts: Iterable[str], *, vocabulary_size: int, lowercase: bool, min_frequency: int) -> Any:
    """A ``tokenizers.Tokenizer``: words and punctuation, each split into the byte pairs that ``texts`` join most often.

    Every text can be written in it, so there is no unknown token. Byte pairs rather than word pieces because the
    word-piece trainer gives another vocabulary at every run.

    Args:
        texts: What to learn from.
        vocabulary_size: Tokens at most; padding and the 256 bytes are always there.
        lowercase: Make no difference between capitals and small letters.
        min_frequency: A pair is joined only when it occurs this often.

    Raises:
        MissingExtraError: tokenizers is not installed.
    """
    tokenizers = require("tokenizers", extra="text", purpose="a tokenizer trained on your texts")
    split = tokenizers.pre_tokenizers
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    # accents stay: in many languages they tell words apart
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=lowercase, strip_accents=False)
    tokenizer.pre_tokenizer = split.Sequence(
        [split.BertPreTokenizer(), split.ByteLevel(add_prefix_space=True, use_regex=False)]
    )
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        min_frequency=min_frequency,
        special_tokens=[PAD],
        initial_alphabet=sorted(split.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def token_lists(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Token ids of each text, without special tokens."""
    return [encoding.ids for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
