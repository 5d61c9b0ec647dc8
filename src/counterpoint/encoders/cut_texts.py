"""How many texts an encoder does not read to their end."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterpoint.encoders.contract import Encoder
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.encoders.innermost import innermost
from counterpoint.encoders.role import Role
from counterpoint.encoders.static_text import StaticTextEncoder


@dataclass(frozen=True)
class CutTexts:
    """Of some texts.

    Attributes:
        count: Those of which the encoder leaves out the end.
        limit: Tokens that it reads, special ones included.
    """

    count: int
    limit: int


def cut_texts(encoder: Encoder, texts: Sequence[str], *, role: Role = Role.PLAIN) -> CutTexts | None:
    """How many of the texts are longer than the encoder reads; None for one whose limit is not known.

    Args:
        encoder: Also one that wraps another, such as low-rank changes, soft prompts or a projection.
        texts: N texts.
        role: What they are; its prompt counts too.
    """
    match innermost(encoder):
        case HuggingFaceEncoder() as inner:
            prompt = inner.spec.prompt_for(role)
            ids = inner.tokenizer([prompt + text for text in texts], verbose=False)["input_ids"] if texts else []
            return CutTexts(sum(len(one) > inner.max_length for one in ids), inner.max_length)
        case StaticTextEncoder() as inner:
            found = inner.tokenizer.encode_batch(list(texts), add_special_tokens=False)
            return CutTexts(sum(bool(one.overflowing) for one in found), inner.spec.max_length)
        case _:
            return None
