"""Texts that teach less than one might expect: their own positives, and ends that the encoder does not read."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from counterpoint.base.content import Kind
from counterpoint.data import Supervision
from counterpoint.encoders import Encoder, Role
from counterpoint.encoders.cut_texts import cut_texts
from counterpoint.experiments.source import Data
from counterpoint.methods import Method

LOOKED_AT, _RUNS = 10_000, 10


def told_texts(data: Data, method: Method, *, supervision: Supervision) -> list[str]:
    """What to tell of the texts to learn from, all of them or some from all over the table, before the first step.

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
    rows = _spread(len(table))
    columns = {name: [_texts(value) for value in values] for name, values in table.take(rows, read).items()}
    told = []
    if supervision is Supervision.PAIRS and {*roles.anchor, *roles.positives} <= {*read}:
        same = _own_positives(columns, roles.anchor[0], roles.positives)
        if same:
            told.append(
                f"{same:,} of {len(rows):,} training rows have a text that is its own positive, from which "
                "nothing but dropout and views can be learnt"
            )
    for name in read:
        first, role = name in roles.anchor, Role.PLAIN
        if paired:
            role = Role.QUERY if first else Role.DOCUMENT
        encoder = method.encoder if first else method.other or method.encoder
        told += _cut(encoder, role, name, [text for one in columns[name] for text in one])
    return told


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


def _own_positives(columns: dict[str, list[list[str]]], anchor: str, positives: Sequence[str]) -> int:
    """Rows of which a positive is the anchor, but for blanks."""
    beside = zip(columns[anchor], *(columns[name] for name in positives), strict=True)
    stripped = ([{text.strip() for text in side} for side in row] for row in beside)
    return sum(any(first & second for second in others) for first, *others in stripped)


def _cut(encoder: Encoder, role: Role, column: str, texts: list[str]) -> list[str]:
    found = cut_texts(encoder, texts, role=role)
    if found is None or not found.count:
        return []
    return [
        f"column {column!r}: {found.count:,} of {len(texts):,} texts looked at are longer than the encoder reads "
        f"({found.limit} tokens), and their ends are not seen"
    ]
