"""A word-piece tokenizer, learnt from texts without a network and always the same for the same texts."""

from collections.abc import Iterable, Sequence
from typing import Any

from counterpoint.base.extras import require

PAD = "[PAD]"
UNKNOWN = "[UNK]"


def train_word_pieces(texts: Iterable[str], *, vocabulary_size: int, lowercase: bool, min_frequency: int) -> Any:
    """A ``tokenizers.Tokenizer`` of at most ``vocabulary_size`` pieces; id 0 is padding, id 1 the unknown word.

    Args:
        texts: What to learn from.
        vocabulary_size: Pieces at most, besides the characters seen.
        lowercase: Make no difference between capitals and small letters.
        min_frequency: A pair of pieces is joined only when it occurs this often.

    Raises:
        MissingExtraError: tokenizers is not installed.
    """
    tokenizers = require("tokenizers", extra="text", purpose="a tokenizer trained on your texts")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece(unk_token=UNKNOWN, max_input_chars_per_word=64))
    # accents stay: in many languages they tell words apart
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=lowercase, strip_accents=False)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    trainer = tokenizers.trainers.WordPieceTrainer(
        vocab_size=vocabulary_size,
        min_frequency=min_frequency,
        special_tokens=[PAD, UNKNOWN],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def token_lists(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Token ids of each text, without special tokens."""
    return [encoding.ids for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
