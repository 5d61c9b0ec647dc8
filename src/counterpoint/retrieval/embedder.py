"""A model as its user meets it: encode queries and documents, compare them."""

import numpy as np
import torch

from counterpoint.base.content import Content, Kind, kind_of
from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.retrieval.checks import finite, float32, matrix, same_width
from counterpoint.retrieval.corpus import Encode


class Embedder:
    """A callable encoder with the four methods that embedding models are known for.

    Attributes:
        query_prompt: Put before every query; only for texts.
        document_prompt: Put before every document; only for texts.
    """

    def __init__(self, encode: Encode, *, query_prompt: str = "", document_prompt: str = "") -> None:
        """Wrap ``encode``.

        Args:
            encode: Content to float32 `[N, D]`.
            query_prompt: Such as ``"query: "``.
            document_prompt: Such as ``"passage: "``.
        """
        self._encode = encode
        self.query_prompt = query_prompt
        self.document_prompt = document_prompt

    def encode(self, content: Content) -> np.ndarray:
        """Embeddings float32 `[N, D]`, without a prompt."""
        return self._encode(content)

    def encode_query(self, content: Content) -> np.ndarray:
        """Embeddings float32 `[N, D]` of what is searched with.

        Raises:
            InputError: There is a query prompt and the content is not text.
        """
        return self._encode(_prompted(self.query_prompt, content))

    def encode_document(self, content: Content) -> np.ndarray:
        """Embeddings float32 `[N, D]` of what is searched.

        Raises:
            InputError: There is a document prompt and the content is not text.
        """
        return self._encode(_prompted(self.document_prompt, content))

    def similarity(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Cosines float32 `[N, M]` of embeddings `[N, D]` and `[M, D]`; a row of zeros has cosine 0 with all.

        Raises:
            InputError: Different D, NaN or infinity.
        """
        a_ND, b_MD = float32(matrix("the first embeddings", first)), float32(matrix("the second embeddings", second))
        same_width("the first embeddings", a_ND.shape[1], "the second array", b_MD.shape[1])
        finite("the first embeddings,", a_ND)
        finite("the second embeddings,", b_MD)
        return (unit_rows(torch.from_numpy(a_ND)) @ unit_rows(torch.from_numpy(b_MD)).T).numpy()


def _prompted(prompt: str, content: Content) -> Content:
    if not prompt:
        return content
    if isinstance(content, str):
        raise InputError(f"expected a list of texts, got one string: {content[:60]!r}")
    if kind_of(content) != Kind.TEXT:
        raise InputError(f"the prompt {prompt!r} can only be put before texts, not before {kind_of(content)} content")
    return [prompt + str(text) for text in content]
