"""How many texts hold nothing that an encoder knows."""

from collections.abc import Sequence

from counterpoint.encoders.byte_pairs import token_lists
from counterpoint.encoders.contract import Encoder
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.encoders.innermost import innermost
from counterpoint.encoders.static_text import StaticTextEncoder


def unread_texts(encoder: Encoder, texts: Sequence[str]) -> int | None:
    """How many of the texts hold no token that the encoder knows: to it they are all alike.

    A token is not known to a static encoder if its vector is zero, as those are that no text of its sample held, and to
    a transformer if its tokenizer has only the token for unknown words to say of it.

    Args:
        encoder: Also one that wraps another, such as a projection.
        texts: N texts, without prompts.

    Returns:
        0 to N; None for an encoder that has no tokens.
    """
    match innermost(encoder):
        case StaticTextEncoder() as inner:
            silent = (inner.table.weight == 0).all(dim=1)
            unknown = {*silent.nonzero()[:, 0].tolist()}
            found = token_lists(inner.tokenizer, texts)
        case HuggingFaceEncoder() as inner:
            unknown = {inner.tokenizer.unk_token_id}
            found = inner.tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"] if texts else []
        case _:
            return None
    return sum(unknown.issuperset(ids) for ids in found)
