"""Queries and their neighbours, ready to lay out."""

from dataclasses import dataclass

import numpy as np

from counterpoint.experiments.report.content import Item, Neighbours
from counterpoint.experiments.report.pictures import TINY, address, sides
from counterpoint.experiments.report.text import number, shorten

_BYTES = 500_000
_TEXT_LENGTH = 320
_LABEL_LENGTH = 60


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One example on the page: either ``text`` or ``image`` (a ``data:`` address) is set."""

    row: int
    label: str | None
    text: str | None
    image: str | None
    crisp: bool
    similarity: str
    bar: float
    agrees: bool | None


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """A query with its hits."""

    query: Tile
    hits: tuple[Tile, ...]


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """All shelves, and how many hits carry the label of their query (``judged`` have one to compare)."""

    shelves: tuple[Shelf, ...]
    agreeing: int
    judged: int


def gallery(neighbours: tuple[Neighbours, ...]) -> Gallery:
    """Lay out neighbours; pictures are shrunk until all together stay within 0.5 MB."""
    items = [item for group in neighbours for item in (group.query, *(hit for hit, _ in group.hits))]
    side = sides([_array(item) for item in items if not isinstance(item.content, str)], _BYTES)
    shelves = tuple(
        Shelf(
            query=_tile(group.query, side=side),
            hits=tuple(
                _tile(hit, side=side, similarity=similarity, query_label=group.query.label)
                for hit, similarity in group.hits
            ),
        )
        for group in neighbours
    )
    verdicts = [hit.agrees for shelf in shelves for hit in shelf.hits if hit.agrees is not None]
    return Gallery(shelves=shelves, agreeing=sum(verdicts), judged=len(verdicts))


def _tile(item: Item, *, side: int, similarity: float | None = None, query_label: str | None = None) -> Tile:
    image = None if isinstance(item.content, str) else _array(item)
    return Tile(
        row=item.row,
        label=None if item.label is None else shorten(item.label, _LABEL_LENGTH),
        text=shorten(item.content, _TEXT_LENGTH) if isinstance(item.content, str) else None,
        image=None if image is None else address(image, side),
        crisp=image is not None and max(image.shape[1:]) <= min(side, TINY),
        similarity="" if similarity is None else number(similarity),
        bar=0.0 if similarity is None else round(100 * min(max(similarity, 0.0), 1.0), 1),
        agrees=None if item.label is None or query_label is None else item.label == query_label,
    )


def _array(item: Item) -> np.ndarray:
    return np.asarray(item.content)
