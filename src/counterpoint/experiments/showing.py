"""Examples as a page shows them."""

from counterpoint.base.content import Content, Kind, kind_of
from counterpoint.data import Examples
from counterpoint.experiments.questions import Shows, Side
from counterpoint.experiments.report import Item

NUMBERS = 8


def to_show(content: Content) -> Content:
    """Images and texts as they are; of a vector its first numbers."""
    if kind_of(content) is not Kind.VECTOR:
        return content
    return [
        ", ".join(f"{number:.3g}" for number in row[:NUMBERS]) + ", \u2026" * (len(row) > NUMBERS) for row in content
    ]


def showing(examples: Examples) -> Shows:
    """Looks rows up in a table: the anchor, or the first of what belongs to it; a view stands for its example."""

    def shows(side: Side, row: int) -> Item:
        batch = examples.batch([row])
        content = batch.anchor if side == "anchors" or batch.positives is None else batch.positives
        known = batch.label is not None and int(batch.label[0]) >= 0
        label = str(examples.label_names[int(batch.label[0])]) if batch.label is not None and known else None
        return Item(content=to_show(content)[0], row=row, label=label)

    return shows


def by_number(side: Side, row: int) -> Item:
    """All there is to show of vectors without their examples."""
    del side
    return Item(content=f"row {row:,}", row=row)
