"""The encoder inside of those that wrap one."""

from counterpoint.encoders.contract import Encoder


def innermost(encoder: Encoder) -> Encoder:
    """What reads the content: the encoder itself, or the one inside of low-rank changes, prompts and projections."""
    for name in ("inner", "backbone"):
        inside = getattr(encoder, name, None)
        if isinstance(inside, Encoder):
            return innermost(inside)
    return encoder
