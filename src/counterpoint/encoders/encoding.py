"""From content to a matrix of embeddings, batch by batch."""

import contextlib
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from torch import nn

from counterpoint.base.content import Content, Kind, kind_of, take
from counterpoint.base.errors import InputError
from counterpoint.encoders.role import Role

if TYPE_CHECKING:
    from counterpoint.encoders.contract import Encoder


@contextlib.contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode for the block; afterwards every submodule is in the mode it was in."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training


def check_kind(content: Content, kind: Kind) -> None:
    """Refuse content of another kind than ``kind``, one string in place of a list included.

    Raises:
        InputError: Always with the kind found and the kind expected.
    """
    if isinstance(content, str):
        raise InputError(f"expected a list of texts, got one string: {content[:60]!r}")
    found = kind_of(content)
    if found != kind:
        raise InputError(f"this encoder takes {kind} content, got {found}")


def encode_all(
    encoder: "Encoder", content: Content, *, batch_size: int, normalize: bool, role: Role, show_progress: bool
) -> np.ndarray:
    """See :meth:`counterpoint.encoders.Encoder.encode`."""
    if batch_size < 1:
        raise InputError(f"batch_size must be at least 1, got {batch_size}")
    check_kind(content, encoder.kind)
    result = np.zeros((len(content), encoder.embedding_dim), dtype=np.float32)
    device = encoder.device
    with evaluating(encoder), torch.inference_mode():
        for rows in _progress(_batches(content, batch_size), show_progress):
            inputs = encoder.collate(take(content, rows), role=role)
            vectors = encoder({name: tensor.to(device) for name, tensor in inputs.items()}).float()
            if normalize:
                vectors = nn.functional.normalize(vectors, dim=1)
            result[rows] = vectors.cpu().numpy()
    return result


def _batches(content: Content, batch_size: int) -> list[np.ndarray]:
    """Row indices, longest texts first so that memory runs out at once or never."""
    order = np.arange(len(content))
    if not isinstance(content, torch.Tensor):
        order = np.argsort([-len(text) for text in content], kind="stable")
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


def _progress(batches: list[np.ndarray], show: bool) -> Iterable[np.ndarray]:
    return track(batches, description="encoding", console=Console(file=sys.stderr)) if show else batches
