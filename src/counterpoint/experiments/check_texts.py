"""Texts that teach less than one might expect: their own positives, and ends that the encoder does not read."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from counterpoint.base.content import Kind
from counterpoint.data import Supervision
from counterpoint.encoders import Encoder, Role
from counterpoint.encoders.cut_texts import cut_texts
from counterpoint.experiments.source import Data
from counterpoint.methods import Method

LOOKED_AT = 10_000


def told_texts(data: Data, method: Method, *, supervision: Supervision) -> list[str]:
    """What to tell of the texts to learn from, all of them or a fixed sample, before the first step.

    Args:
        data: Read once, at most ``LOOKED_AT`` rows.
        method: Whose encoders will read them.
        supervision: What is learnt from; only pairs can be positives of themselves.
    """
    roles, table = data.roles, data.train.table
    paired = supervision in (Supervision.PAIRS, Supervision.SCORES)
    kinds = {name: roles.kind for name in roles.anchor}
    if paired:
        kinds |= {name: roles.other_kind or roles.kind for name in (*roles.positives, *roles.negatives)}
    read = [name for name, kind in kinds.items() if kind is Kind.TEXT]
    if not read:
        return []
    rows = np.arange(len(table))
    if len(rows) > LOOKED_AT:
        rows = np.sort(np.random.default_rng(0).choice(rows, LOOKED_AT, replace=False))
    columns = {name: [_texts(value) for value in values] for name, values in table.take(rows, read).items()}
    told = []
    if supervision is Supervision.PAIRS and {*roles.anchor, *roles.positives} <= {*read}:
        same = _own_positives(columns, roles.anchor[0], roles.positives)
        if same:
            told.append(
                f"{same:,} of {len(rows):,} training rows: the text is its own positive, from which nothing "
                "but dropout and views can be learnt"
            )
    for encoder, role, names in _readers(method, roles.anchor, read, paired=paired):
        told += _cut(encoder, role, [text for name in names for one in columns[name] for text in one])
    return told


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list | tuple | np.ndarray) else [str(value)]


def _own_positives(columns: dict[str, list[list[str]]], anchor: str, positives: Sequence[str]) -> int:
    """Rows of which a positive is the anchor, but for blanks."""
    beside = zip(columns[anchor], *(columns[name] for name in positives), strict=True)
    stripped = ([{text.strip() for text in side} for side in row] for row in beside)
    return sum(any(first & second for second in others) for first, *others in stripped)


def _readers(
    method: Method, anchor: Sequence[str], read: Sequence[str], *, paired: bool
) -> Iterator[tuple[Encoder, Role, list[str]]]:
    """Each encoder with the role in which it reads the columns that are texts."""
    first, second = ([name for name in read if (name in anchor) is side] for side in (True, False))
    if first:
        yield method.encoder, Role.QUERY if paired else Role.PLAIN, first
    if second:
        yield method.other or method.encoder, Role.DOCUMENT, second


def _cut(encoder: Encoder, role: Role, texts: list[str]) -> list[str]:
    found = cut_texts(encoder, texts, role=role)
    if found is None or not found.count:
        return []
    which = {Role.PLAIN: "texts", Role.QUERY: "anchors", Role.DOCUMENT: "texts that anchors are compared with"}[role]
    return [
        f"{found.count:,} of {len(texts):,} {which} looked at: longer than the encoder reads ({found.limit} "
        "tokens), so that the end is not seen"
    ]
