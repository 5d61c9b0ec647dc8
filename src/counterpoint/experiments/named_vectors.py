"""Runs that hold vectors by name: of users and items, or of nodes."""

from counterpoint.base.errors import CheckpointError
from counterpoint.encoders.id_vectors import IdTables
from counterpoint.encoders.item_sequences import NextItemEncoder
from counterpoint.experiments.folder import RunFolder


def tables_of(folder: RunFolder) -> IdTables:
    """The names of a run and their vectors.

    Raises:
        CheckpointError: The run is not finished, or damaged.
    """
    encoder = named_encoder(folder)
    if not isinstance(encoder, IdTables):
        raise CheckpointError(f"{folder.model} does not hold tables of vectors")
    return encoder


def named_encoder(folder: RunFolder) -> IdTables | NextItemEncoder:
    """What makes a vector of a name: it is kept, or made of the items that a user has.

    Raises:
        CheckpointError: As for :func:`tables_of`.
    """
    encoder = folder.encoders()[0]
    if not isinstance(encoder, (IdTables, NextItemEncoder)):
        raise CheckpointError(f"{folder.model} does not hold vectors by name")
    return encoder
