"""What one example is made of, whatever the modality: the types that data, views and encoders pass to each other."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import torch

Content = Sequence[str] | torch.Tensor
"""A batch of examples of one kind: N strings; images `[N, C, H, W]` (uint8 raw, float32 in 0..1 after views);
or vectors `[N, D]` float32."""


class Kind(StrEnum):
    """What a content column holds."""

    TEXT = "text"
    IMAGE = "image"
    VECTOR = "vector"


def kind_of(content: Content) -> Kind:
    """The kind of a batch, read off its type and number of axes."""
    if isinstance(content, torch.Tensor):
        return Kind.IMAGE if content.ndim == 4 else Kind.VECTOR
    return Kind.TEXT


def take(content: Content, rows: Sequence[int] | np.ndarray | torch.Tensor) -> Content:
    """The examples at ``rows``, in that order."""
    if isinstance(content, torch.Tensor):
        return content[torch.as_tensor(rows, dtype=torch.int64)]
    return [content[int(row)] for row in rows]


def concatenate(a: Content, b: Content) -> Content:
    """The examples of ``a``, then those of ``b``.

    Raises:
        TypeError: They are of two kinds.
    """
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        return torch.cat([a, b])
    if isinstance(a, torch.Tensor) or isinstance(b, torch.Tensor):
        raise TypeError(f"cannot put {kind_of(b).value} examples behind {kind_of(a).value} examples")
    return [*a, *b]
