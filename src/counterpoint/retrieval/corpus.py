"""What is embedded, and with what: the two things that this room knows of data and encoders."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from counterpoint.base.content import Content

Encode = Callable[[Content], np.ndarray]
"""Embeddings float32 `[N, D]` of N examples."""


class Corpus(Protocol):
    """Rows of content that can be read in any order."""

    @property
    def fingerprint(self) -> str:
        """What identifies the content: two corpora of one fingerprint have the same rows."""
        ...

    def __len__(self) -> int:
        """Number of rows."""
        ...

    def content(self, rows: np.ndarray) -> Content:
        """The examples at ``rows`` int64 `[n]`, in that order."""
        ...

    def ids(self, rows: np.ndarray) -> list[str] | None:
        """The user's own names of ``rows``, if there are any."""
        ...
