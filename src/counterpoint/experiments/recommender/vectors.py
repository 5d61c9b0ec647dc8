"""The vectors that a run on interactions is judged by."""

from counterpoint.data.interactions import Interactions
from counterpoint.encoders.item_sequences import NextItemEncoder
from counterpoint.encoders.role import Role
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.named_vectors import named_encoder
from counterpoint.experiments.next_item import sequences_of
from counterpoint.experiments.recommend import Vectors


def vectors_of(folder: RunFolder, known: Interactions) -> Vectors:
    """Of users and of items, of length 1.

    Args:
        folder: A finished run.
        known: Users and items by their numbers in the run. A recommender of sequences goes on from these, though it
            may know more of a user by now.

    Raises:
        CheckpointError: The run is not finished, or damaged.
    """
    encoder = named_encoder(folder)
    items = encoder.encode(encoder.names["items"], role=Role.DOCUMENT)
    if isinstance(encoder, NextItemEncoder):
        return encoder.encode_numbers(sequences_of(known)), items
    return encoder.encode(encoder.names["users"], role=Role.QUERY), items
