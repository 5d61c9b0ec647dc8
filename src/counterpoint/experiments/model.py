"""A trained model for use in Python: encode, compare, search."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from counterpoint.base.content import Content
from counterpoint.base.errors import InputError
from counterpoint.encoders import Encoder, NextItemEncoder, Role, load_encoder
from counterpoint.experiments.folder import RunFolder
from counterpoint.retrieval import cosines


class Model:
    """What a run folder's ``model/`` is good for.

    Attributes:
        encoder: Embeds examples and queries.
        document_encoder: Embeds documents (candidates); the same object unless there are two towers.
    """

    def __init__(self, encoder: Encoder, document_encoder: Encoder | None = None) -> None:
        self.encoder = encoder
        self.document_encoder = document_encoder or encoder

    def encode(self, content: Content | Sequence[str], *, batch_size: int = 256, normalize: bool = True) -> np.ndarray:
        """Embeddings float32 `[N, D]`; rows of length one unless ``normalize`` is false."""
        return self.encoder.encode(content, batch_size=batch_size, normalize=normalize)

    def encode_query(self, content: Content, *, batch_size: int = 256, normalize: bool = True) -> np.ndarray:
        """As :meth:`encode`, with the query prompt where the encoder has one."""
        return self.encoder.encode(content, batch_size=batch_size, normalize=normalize, role=Role.QUERY)

    def encode_document(self, content: Content, *, batch_size: int = 256, normalize: bool = True) -> np.ndarray:
        """As :meth:`encode`, with the document prompt or the second tower."""
        return self.document_encoder.encode(content, batch_size=batch_size, normalize=normalize, role=Role.DOCUMENT)

    def encode_sequence(
        self, sequences: Sequence[Sequence[str]], *, batch_size: int = 256, normalize: bool = True
    ) -> np.ndarray:
        """Users by the items that they took, oldest first, as :meth:`encode_query` embeds those known by name.

        Nobody needs to be known from training; the items must be.

        Args:
            sequences: The items of each of N users, at least one, such as ``[["i1", "i2"], ["i7"]]``.
            batch_size: Sequences encoded at once.
            normalize: Scale every row to length 1.

        Returns:
            float32 `[N, D]`.

        Raises:
            InputError: The model has not learnt sequences of items, a sequence is a string or empty, or items were not
                there in training.
        """
        if not isinstance(self.encoder, NextItemEncoder):
            raise InputError(
                "encode_sequence: this model has not learnt what comes next; train on interactions with times by "
                "--encoder sasrec"
            )
        return self.encoder.encode_sequences(sequences, batch_size=batch_size, normalize=normalize)

    def similarity(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Cosines float32 `[N, M]` of embeddings `[N, D]` and `[M, D]`; a row of zeros has cosine 0 with all.

        Raises:
            InputError: Not two axes, different D, NaN or infinity.
        """
        return cosines(a, b)


def load(path: Path | str) -> Model:
    """The model of a run folder, or of a folder that an encoder was saved in.

    Raises:
        CheckpointError: There is no model, or it is corrupt.
    """
    folder = RunFolder(Path(path))
    if folder.config.is_file():
        return Model(*folder.encoders())
    return Model(load_encoder(Path(path)))
