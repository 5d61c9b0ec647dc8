"""Runs that hold vectors by name: of users and items, or of nodes."""

from counterpoint.base.errors import CheckpointError
from counterpoint.encoders.id_vectors import IdTables
from counterpoint.experiments.folder import RunFolder


def tables_of(folder: RunFolder) -> IdTables:
    """The names of a run and their vectors.

    Raises:
        CheckpointError: The run is not finished, or damaged.
    """
    encoder = folder.encoders()[0]
    if not isinstance(encoder, IdTables):
        raise CheckpointError(f"{folder.model} does not hold vectors by name")
    return encoder
