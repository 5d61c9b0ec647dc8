"""Emoji: images with their names."""

import hashlib

import numpy as np

from counterpoint.data.opening import open_table
from counterpoint.data.sets.place import Access, must_be_placed
from counterpoint.data.sets.types import NamedSet
from counterpoint.data.table import Subset

_MODIFIERS = ("1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff")


def emoji_image_text(*, access: Access | None = None) -> NamedSet:
    """1,774 pictures of 64x64 pixels with their names (``image`` = png, ``positive`` = name, ``label`` = group).

    The set has no official split: about 80 / 10 / 10 per cent by a hash of the code points without skin tone, so that
    all tones of one emoji are on one side. It has no download (its files are some thousand single ones): it must be
    placed in ``COUNTERPOINT_DATA/emoji_image_text``.

    Raises:
        InputError: It is not there.
    """
    del access  # no download
    folder = must_be_placed("emoji_image_text", ["emojitwo64.parquet"])
    table = open_table(folder / "emojitwo64.parquet")
    codes = table.take(np.arange(len(table)), ["codepoints"])["codepoints"]
    shares = np.array([_share(code) for code in codes])
    return NamedSet(
        name="emoji_image_text",
        train=Subset(table, np.flatnonzero(shares < 0.8), name="train"),
        validation=Subset(table, np.flatnonzero((shares >= 0.8) & (shares < 0.9)), name="validation"),
        test=Subset(table, np.flatnonzero(shares >= 0.9), name="test"),
        overrides={"image": "png", "positive": "name", "label": "group", "group": ""},
        citation="EmojiTwo (emojitwo.github.io), names from Unicode CLDR",
        licence="artwork CC BY 4.0; names under the Unicode licence",
        notes=("split drawn by a hash of the code points",),
    )


def _share(code: str) -> float:
    """A number in 0..1 that is the same for all skin tones of an emoji."""
    base = "-".join(part for part in code.split("-") if part not in _MODIFIERS)
    return int.from_bytes(hashlib.sha256(base.encode()).digest()[:6], "big") / 2**48
