"""Vectors by name: of users and of items, where the role says which are meant, or of one kind of thing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.base.content import Content, Kind
from counterpoint.base.errors import InputError
from counterpoint.base.files import read_json, write_json
from counterpoint.encoders.contract import Encoder, EncoderSpec, Inputs
from counterpoint.encoders.encoding import check_kind
from counterpoint.encoders.role import Role

NAMES = "names.json"


@dataclass(frozen=True, kw_only=True)
class IdVectors(EncoderSpec):
    """Vectors that something else has learnt, looked up by name.

    Attributes:
        dim: D.
        sides: What the names are of: of whatever is asked for, then of whatever asks. With one side, such as the nodes
            of a graph, both are the same.
    """

    dim: int
    sides: tuple[str, ...] = ("items", "users")

    def __post_init__(self) -> None:
        if len(self.sides) not in (1, 2):
            raise InputError(f"sides must be one or two, got {self.sides}")

    def build(self, sample: Content | None = None) -> "IdTables":
        """Nothing can be built from content: see :func:`id_tables`.

        Raises:
            InputError: Always.
        """
        raise InputError("IdVectors holds what was learnt of names; train on interactions or on edges to get one")

    def restore(self, fitted: Mapping[str, Any], folder: Path) -> "IdTables":
        """Tables of zeros, with the names that were saved."""
        return IdTables(self, read_json(folder / NAMES))


class IdTables(Encoder):
    """See :class:`IdVectors`. ``collate`` returns ``{"row": int64 [N]}``, the rows of the sides one after the other.

    Args:
        spec: The settings.
        names: Of each side.
    """

    def __init__(self, spec: IdVectors, names: Mapping[str, Sequence[str]]) -> None:
        super().__init__(spec, kind=Kind.TEXT, embedding_dim=spec.dim)
        self.names = {side: list(names[side]) for side in spec.sides}
        self._rows: dict[str, dict[str, int]] = {}
        total = 0
        for side, own in self.names.items():
            self._rows[side] = {name: total + number for number, name in enumerate(own)}
            total += len(own)
        self.table = nn.Parameter(torch.zeros(total, spec.dim), requires_grad=False)

    def collate(self, content: Content, *, role: Role = Role.PLAIN) -> Inputs:
        """Rows of the last side for queries, and of the first for documents and for what plays no part.

        Raises:
            InputError: A name that was not there in training; the message counts them.
        """
        check_kind(content, Kind.TEXT)
        names = list(self.names)
        side = names[-1 if role is Role.QUERY else 0]
        return {"row": torch.tensor(looked_up(content, self._rows[side], side), dtype=torch.int64)}

    def forward(self, inputs: Inputs) -> Tensor:
        """Vectors `[N, D]`."""
        return self.table[inputs["row"]]

    def write_files(self, folder: Path) -> None:
        """Write the names."""
        write_json(folder / NAMES, self.names)


def looked_up(names: Iterable[object], known: Mapping[str, int], side: str) -> list[int]:
    """The numbers of names.

    Args:
        names: As strings they are those of ``known``.
        known: Number by name.
        side: What they are the names of, in messages.

    Raises:
        InputError: A name that was not there in training; the message counts them.
    """
    asked = [str(name) for name in names]
    if unknown := [name for name in asked if name not in known]:
        more = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
        raise InputError(
            f"{side}: {unknown[0]!r}{more} was not there in training; {len(known):,} are known, such as "
            f"{next(iter(known))!r}"
        )
    return [known[name] for name in asked]


def id_tables(
    users: np.ndarray, items: np.ndarray, *, user_names: Sequence[str], item_names: Sequence[str]
) -> IdTables:
    """An encoder of vectors that are there.

    Args:
        users: `[U, D]`.
        items: `[I, D]`.
        user_names: U.
        item_names: I.

    Raises:
        InputError: Numbers of rows, names or dimensions do not fit.
    """
    _check("users", users, user_names, dim=users.shape[-1])
    _check("items", items, item_names, dim=users.shape[-1])
    return _filled(IdVectors(dim=users.shape[1]), {"items": items, "users": users},
                   {"items": item_names, "users": user_names})  # fmt: skip


def id_table(rows: np.ndarray, names: Sequence[str], *, side: str) -> IdTables:
    """An encoder of vectors of one kind of thing.

    Args:
        rows: `[N, D]`.
        names: N.
        side: What they are the names of, in messages.

    Raises:
        InputError: There is not one row a name.
    """
    _check(side, rows, names, dim=rows.shape[-1])
    return _filled(IdVectors(dim=rows.shape[1], sides=(side,)), {side: rows}, {side: names})


def _filled(spec: IdVectors, rows: Mapping[str, np.ndarray], names: Mapping[str, Sequence[str]]) -> IdTables:
    encoder = IdTables(spec, names)
    encoder.table.copy_(torch.from_numpy(np.concatenate([rows[side] for side in spec.sides]).astype(np.float32)))
    return encoder.eval()


def _check(name: str, rows: np.ndarray, names: Sequence[str], *, dim: int) -> None:
    if rows.ndim != 2 or len(rows) != len(names) or rows.shape[1] != dim:
        raise InputError(f"{name} must be [{len(names)}, {dim}], one row a name, got {list(rows.shape)}")


def as_cosines(users: np.ndarray, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same order of a user's items by cosine as by dot product, at the price of one dimension.

    Formula: items become ``(v, sqrt(m^2 - |v|^2))`` with m the greatest length, users ``(u, 0)``. Bachrach and others
    (2014), "Speeding Up the Xbox Recommender System Using a Euclidean Transformation for Inner-Product Spaces".

    Args:
        users: `[U, D]`.
        items: `[I, D]`.

    Returns:
        `[U, D + 1]` and `[I, D + 1]`.
    """
    squared = np.square(items, dtype=np.float64).sum(1)
    rest = np.sqrt(squared.max() - squared)
    return np.column_stack([users, np.zeros(len(users))]), np.column_stack([items, rest])
