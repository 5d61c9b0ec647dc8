"""Neighbouring sentences of novels: pairs that nobody had to label."""

import itertools
import lzma
import re

from counterpoint.base.errors import InputError
from counterpoint.data.sets.place import Access, must_be_placed
from counterpoint.data.sets.types import NamedSet
from counterpoint.data.table import MemoryTable, Table

_BOUNDARY = re.compile(r"(?<=[.!?])([\"'\u201d\u2019]*)\s+(?=[\"'\u201c\u2018]?[A-ZÀ-Þ])")
_TITLES = re.compile(
    r"\b(Mr|Mrs|Ms|Dr|St|Messrs|Mme|Mlle|Capt|Col|Gen|Rev|Hon|Prof|Sir|No|Vol|[A-Z])\.[\"'\u201d\u2019]*$"
)
_WORDS = (4, 60)


def novels(*, pairs: int | None = None, access: Access | None = None) -> NamedSet:
    """Sentence (``anchor``) and the sentence after it in the same paragraph (``positive``), from 15 English novels.

    The last two novels are kept apart: one to validate, one to test. Sentences are cut by a simple rule (full stop,
    question or exclamation mark, blank, capital letter; not after titles and initials), and pairs with a sentence
    of fewer than 4 or more than 60 words are left out. It has no download: it must be placed in
    ``COUNTERPOINT_DATA/words``.

    Args:
        pairs: Take only the first so many training pairs; None: all.
        access: Not used.

    Raises:
        InputError: It is not there, or ``pairs`` is not positive.
    """
    del access  # no download
    if pairs is not None and pairs < 1:
        raise InputError(f"novels: pairs must be positive, not {pairs}")
    folder = must_be_placed("words", ["gutenberg.txt.xz"])
    with lzma.open(folder / "gutenberg.txt.xz", "rt", encoding="utf-8") as handle:
        texts = handle.read().split("\f")
    if len(texts) < 3:
        raise InputError(f"{folder / 'gutenberg.txt.xz'}: at least three novels parted by form feeds are expected")
    return NamedSet(
        name="novels",
        train=_pair_table(texts[:-2], "train", pairs),
        validation=_pair_table(texts[-2:-1], "validation", None),
        test=_pair_table(texts[-1:], "test", None),
        citation="Project Gutenberg, through the GITenberg repositories",
        licence="public domain in the USA (Project Gutenberg licence)",
        notes=("15 novels, cut into sentences by a simple rule",),
    )


def sentences(paragraph: str) -> list[str]:
    """The sentences of a paragraph; line breaks become blanks."""
    text = " ".join(paragraph.split())
    found: list[str] = []
    start = 0
    for match in _BOUNDARY.finditer(text):
        piece = text[start : match.end(1)]
        if not _TITLES.search(piece):
            found.append(piece)
            start = match.end()
    return [*found, text[start:]] if text[start:] else found


def _pair_table(texts: list[str], part: str, limit: int | None) -> Table:
    anchors: list[str] = []
    positives: list[str] = []
    for paragraph in (paragraph for text in texts for paragraph in re.split(r"\n\s*\n", text)):
        cut = sentences(paragraph)
        for first, second in itertools.pairwise(cut):
            if _is_sentence(first) and _is_sentence(second):
                anchors.append(first)
                positives.append(second)
        if limit is not None and len(anchors) >= limit:
            break
    columns = {"anchor": anchors[:limit], "positive": positives[:limit]}
    return MemoryTable(columns, description=f"novels ({part})")


def _is_sentence(text: str) -> bool:
    return _WORDS[0] <= len(text.split()) <= _WORDS[1]
