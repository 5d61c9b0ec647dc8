"""Queries that point nowhere."""

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.retrieval.checks import matrix


def pointing(queries: np.ndarray, name: str) -> np.ndarray:
    """The queries `[Q, D]`, if each of them has a direction.

    A vector of zeros has cosine 0 with everything, so that what is found first is only what stands first. An encoder of
    word vectors makes one of a text without a word that it knows.

    Args:
        queries: `[Q, D]`.
        name: What a person asked for, in the message.

    Raises:
        InputError: A row is zero.
    """
    zero = np.flatnonzero((matrix(name, queries) == 0).all(axis=1))
    if len(zero):
        which = "" if len(queries) == 1 else f" (row {zero[0]} of {len(queries)})"
        raise InputError(
            f"the vector of {name}{which} is zero: it holds nothing that the encoder knows, and nothing is near it"
        )
    return queries
