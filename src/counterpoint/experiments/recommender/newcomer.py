"""Somebody who was not there in training, by what they took."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.table import listed
from counterpoint.encoders.id_vectors import IdTables
from counterpoint.encoders.item_sequences import NextItemEncoder
from counterpoint.encoders.role import Role


@dataclass(frozen=True, kw_only=True, eq=False)
class Newcomer:
    """Somebody to recommend items to.

    Attributes:
        vector: float32 `[1, D]`, to be compared with items by cosine.
        told: How many of the items are not known, to be told to the user; empty where all are.
    """

    vector: np.ndarray
    told: str


def newcomer(encoder: IdTables | NextItemEncoder, taken: Sequence[str]) -> Newcomer:
    """What a recommender makes of somebody's items; those that it does not know are passed over and counted.

    Args:
        encoder: Of a run on interactions.
        taken: Names of items, each once, oldest first; only a recommender of sequences asks for the order.

    Raises:
        InputError: There is no item, or none is known.
    """
    items = set(encoder.names["items"])
    unknown = [name for name in taken if name not in items]
    if len(unknown) == len(taken):
        asked = f"none of {listed(unknown)} was there in training" if taken else "there is no item"
        raise InputError(f"--taken: {asked}; {len(items):,} items are known, such as {encoder.names['items'][0]!r}")
    known = [name for name in taken if name in items]
    vector = encoder.encode_sequences([known]) if isinstance(encoder, NextItemEncoder) else folded_in(encoder, [known])
    told = f"{len(unknown):,} of {len(taken):,} items are not in the run: {listed(unknown)}" if unknown else ""
    return Newcomer(vector=vector, told=told)


def folded_in(tables: IdTables, taken: Sequence[Sequence[str]]) -> np.ndarray:
    """Users who were not learnt, from tables of users and items that were: float32 `[N, D]`.

    Formula: ``u = mean over taken items i of v_i / |v_i|``, where a dimension in which no learnt user has anything
    stays 0. Such is the one that :func:`~counterpoint.encoders.id_vectors.as_cosines` adds: it holds what an item lacks
    in length, and with it items that few took would come first.

    This is one step of LightGCN's propagation (He et al. 2020, arXiv:2002.02126, Eq. 3) from items to a user, with
    equal weights in place of ``1 / sqrt(users of an item)``. It leaves out a vector of the user's own, which only
    training gives, and what the further layers would bring from other users; the items' vectors hold those already.

    Args:
        tables: Of users and items.
        taken: Of each of N users the names of items, at least one.

    Raises:
        InputError: An item was not there in training.
    """
    items = np.array([tables.encode(list(one), role=Role.DOCUMENT).mean(axis=0) for one in taken])
    users = tables.table[len(tables.names["items"]) :]
    return items * users.any(dim=0).numpy()
