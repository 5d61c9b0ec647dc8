"""Views of a batch, collated for an encoder in chunks."""

from collections.abc import Sequence

from torch import Tensor

from counterpoint.base.content import take
from counterpoint.data import Batch
from counterpoint.encoders import Encoder
from counterpoint.methods.base import Inputs
from counterpoint.views import View, fork


def collate_views(
    encoder: Encoder, views: Sequence[View], batch: Batch, seeds: Tensor, *, chunk: int | None
) -> list[list[Inputs]]:
    """One call for each view of the anchors, each a list of chunks.

    Args:
        encoder: Whose inputs they become.
        views: Every one draws its own random choices.
        batch: The examples.
        seeds: int64 `[N]`, which decide every random choice.
        chunk: Rows in a chunk; None for all.
    """
    size = chunk or len(batch.anchor)
    calls: list[list[Inputs]] = []
    for number, view in enumerate(views):
        content = view(batch.anchor, fork(seeds, number))
        parts = (range(i, min(i + size, len(content))) for i in range(0, len(content), size))
        calls.append([encoder.collate(take(content, part)) for part in parts])
    return calls
