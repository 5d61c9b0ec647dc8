"""Users and items by their names: two tables of vectors, and the role says which one is meant."""

from collections.abc import Mapping, Sequence
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
    """Vectors that something else has learnt, looked up by name: of users for queries, of items otherwise.

    Attributes:
        dim: D.
    """

    dim: int

    def build(self, sample: Content | None = None) -> "IdTables":
        """Nothing can be built from content: see :func:`id_tables`.

        Raises:
            InputError: Always.
        """
        raise InputError("IdVectors holds what a recommender has learnt; train on interactions to get one")

    def restore(self, fitted: Mapping[str, Any], folder: Path) -> "IdTables":
        """Tables of zeros, with the names that were saved."""
        users, items = (read_json(folder / NAMES)[side] for side in ("users", "items"))
        return IdTables(self, users, items)


class IdTables(Encoder):
    """See :class:`IdVectors`. ``collate`` returns ``{"row": int64 [N]}``, users after the items."""

    def __init__(self, spec: IdVectors, users: Sequence[str], items: Sequence[str]) -> None:
        super().__init__(spec, kind=Kind.TEXT, embedding_dim=spec.dim)
        self.names = {"users": list(users), "items": list(items)}
        self._rows = {
            "users": {name: len(items) + number for number, name in enumerate(users)},
            "items": {name: number for number, name in enumerate(items)},
        }
        self.table = nn.Parameter(torch.zeros(len(items) + len(users), spec.dim), requires_grad=False)

    def collate(self, content: Content, *, role: Role = Role.PLAIN) -> Inputs:
        """Rows of users for queries, and of items for documents and for what plays no part.

        Raises:
            InputError: A name that was not there in training; the message counts them.
        """
        check_kind(content, Kind.TEXT)
        side = "users" if role is Role.QUERY else "items"
        rows = [self._rows[side].get(str(name), -1) for name in content]
        if unknown := [name for name, row in zip(content, rows, strict=True) if row < 0]:
            more = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
            raise InputError(
                f"{side}: {unknown[0]!r}{more} was not there in training; {len(self.names[side]):,} are known, such as "
                f"{self.names[side][0]!r}"
            )
        return {"row": torch.tensor(rows, dtype=torch.int64)}

    def forward(self, inputs: Inputs) -> Tensor:
        """Vectors `[N, D]`."""
        return self.table[inputs["row"]]

    def write_files(self, folder: Path) -> None:
        """Write the names."""
        write_json(folder / NAMES, self.names)


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
    for name, rows, names in (("users", users, user_names), ("items", items, item_names)):
        if rows.ndim != 2 or len(rows) != len(names) or rows.shape[1] != users.shape[1]:
            raise InputError(
                f"{name} must be [{len(names)}, {users.shape[-1]}], one row a name, got {list(rows.shape)}"
            )
    encoder = IdTables(IdVectors(dim=users.shape[1]), user_names, item_names)
    encoder.table.copy_(torch.from_numpy(np.concatenate([items, users]).astype(np.float32)))
    return encoder.eval()


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
