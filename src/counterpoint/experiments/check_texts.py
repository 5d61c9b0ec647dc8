"""Texts that say less than one might expect: their own positives, ends that are not read, and nothing that is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from counterpoint.base.content import Content, Kind, kind_of
from counterpoint.data import Batch, Roles, Supervision, Table
from counterpoint.encoders import Encoder, Role
from counterpoint.encoders.cut_texts import cut_texts
from counterpoint.encoders.unread_texts import unread_texts
from counterpoint.experiments.source import Data
from counterpoint.methods import Method

LOOKED_AT, _RUNS = 10_000, 10


@dataclass(frozen=True)
class _Column:
    """A column of texts, and what reads it."""

    name: str
    encoder: Encoder
    role: Role


def told_texts(data: Data, method: Method, *, supervision: Supervision) -> list[str]:
    """What to tell of the texts to learn from, all of them or some from all over the table, before the first step.

    Of texts that are held out it is told how many hold nothing that the encoder knows.

    Args:
        data: Read once, at most ``LOOKED_AT`` rows of either part.
        method: Whose encoders will read them.
        supervision: What is learnt from; only pairs can be positives of themselves.
    """
    read = _columns(data.roles, method, paired=supervision in (Supervision.PAIRS, Supervision.SCORES))
    if not read:
        return []
    there = _looked_at(data.train.table, read)
    told = []
    if supervision is Supervision.PAIRS and {*data.roles.anchor, *data.roles.positives} <= there.keys():
        told += _own_positives(there, data.roles)
    for column in read:
        texts = [text for one in there[column.name] for text in one]
        told += _cut(column, texts) + _unread(f"column {column.name!r}", column.encoder, texts)
    if data.test is not None:
        held_out = _looked_at(data.test.table, read)
        for column in read:
            texts = [text for one in held_out[column.name] for text in one]
            told += _unread(f"held out, column {column.name!r}", column.encoder, texts)
    return told


def told_unread(encoders: tuple[Encoder, Encoder], judged: Batch) -> list[str]:
    """What to tell of texts to judge by: how many of either side hold nothing that its encoder knows.

    Args:
        encoders: That of anchors and that of what they are compared with.
        judged: Examples, of which at most ``LOOKED_AT`` a side are looked at; those of another kind have no tokens.
    """
    sides = {"anchors": (encoders[0], judged.anchor), "positives": (encoders[1], judged.positives)}
    return [told for name, side in sides.items() for told in told_unread_by(name, *side)]


def told_unread_by(name: str, encoder: Encoder, content: Content | None) -> list[str]:
    """The same of one side.

    Args:
        name: What it is called.
        encoder: Its own.
        content: Of which at most ``LOOKED_AT`` are looked at; None for a side that is not there.
    """
    if content is None or kind_of(content) is not Kind.TEXT or encoder.kind is not Kind.TEXT:
        return []
    return _unread(name, encoder, [str(content[int(row)]) for row in _spread(len(content))])


def _columns(roles: Roles, method: Method, *, paired: bool) -> list[_Column]:
    other = method.other or method.encoder
    first = [_Column(name, method.encoder, Role.QUERY if paired else Role.PLAIN) for name in roles.anchor]
    second = [_Column(name, other, Role.DOCUMENT) for name in (*roles.positives, *roles.negatives)]
    return [
        *(first if roles.kind is Kind.TEXT else []),
        *(second if paired and (roles.other_kind or roles.kind) is Kind.TEXT else []),
    ]


def _looked_at(table: Table, read: Sequence[_Column]) -> dict[str, list[list[str]]]:
    """Texts of every column, row by row."""
    found = table.take(_spread(len(table)), [column.name for column in read])
    return {name: [_texts(value) for value in values] for name, values in found.items()}


def _spread(count: int) -> np.ndarray:
    """All rows, or ten runs of neighbours from all over the table: rows far apart would each read a block of a file."""
    if count <= LOOKED_AT:
        return np.arange(count)
    length = LOOKED_AT // _RUNS
    starts = np.linspace(0, count - length, _RUNS).astype(np.int64)
    return np.unique(starts[:, None] + np.arange(length))


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list | tuple | np.ndarray) else [str(value)]


def _own_positives(columns: dict[str, list[list[str]]], roles: Roles) -> list[str]:
    """Rows of which a positive is the anchor, but for blanks."""
    beside = zip(columns[roles.anchor[0]], *(columns[name] for name in roles.positives), strict=True)
    stripped = [[{text.strip() for text in side} for side in row] for row in beside]
    same = sum(any(first & second for second in others) for first, *others in stripped)
    if not same:
        return []
    return [
        f"{same:,} of {len(stripped):,} training rows have a text that is its own positive, from which nothing but "
        "dropout and views can be learnt"
    ]


def _cut(column: _Column, texts: list[str]) -> list[str]:
    found = cut_texts(column.encoder, texts, role=column.role)
    if found is None or not found.count:
        return []
    return [
        f"column {column.name!r}: {found.count:,} of {len(texts):,} texts looked at are longer than the encoder reads "
        f"({found.limit} tokens), and their ends are not seen"
    ]


def _unread(where: str, encoder: Encoder, texts: list[str]) -> list[str]:
    count = unread_texts(encoder, texts)
    if not count:
        return []
    return [
        f"{where}: {count:,} of {len(texts):,} texts looked at hold no token that the encoder knows, and are all alike "
        "to it"
    ]
