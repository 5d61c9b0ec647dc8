"""Captions with hard negatives but without their images: the text side of a compositional probe."""

from collections import defaultdict

import numpy as np

from counterpoint.base.content import Kind
from counterpoint.data import Table
from counterpoint.evaluation import Measure, preference
from counterpoint.experiments.judge import System
from counterpoint.experiments.protocols.task import Layout, LeftOut, Task

CAPTION, NEGATIVE = "caption", "negative_caption"
_IMAGES = ("coco_image", "image", "image_id", "filename", "file_name")


def is_captions(table: Table) -> bool:
    """Whether a table has captions and negatives of them, and no picture itself."""
    head = table.head(1)
    return {CAPTION, NEGATIVE} <= set(table.columns) and not any(isinstance(v[0], bytes) for v in head.values())


def caption_layout(table: Table) -> Layout:
    """Does another caption of the same image prefer the true caption to the changed one?

    There is no image to ask, so that a different caption of it stands in; captions of images with only one are
    left out. A model of texts alone can be judged so, and the figures are not those of SugarCrepe with images.
    """
    held = table.take(np.arange(len(table)))
    captions, negatives = ([str(one) for one in held[name]] for name in (CAPTION, NEGATIVE))
    image = next((name for name in _IMAGES if name in table.columns), None)
    kinds = [str(one) for one in held["type"]] if "type" in held else None
    described = f"{table.description}: {len(captions):,} captions with negatives, without images."
    if image is None:
        task: Task | LeftOut = LeftOut("compositional", "no column says which captions are of one image")
    else:
        anchors, rows = other_captions(captions, [str(one) for one in held[image]])
        described += f" {len(rows):,} have another caption of the same image ({image!r}), which is asked instead."
        kept = None if kinds is None else [kinds[row] for row in rows]

        def measure(system: System) -> list[Measure]:
            right, wrong = (system.encode([side[row] for row in rows]) for side in (captions, negatives))
            return preference(system.encode(anchors), right, wrong, kept)

        task = Task("compositional", measure)
    return Layout(described, Kind.TEXT, captions, (task,))


def other_captions(captions: list[str], images: list[str]) -> tuple[list[str], list[int]]:
    """For every row whose image has a different caption elsewhere, the first such caption, and the row."""
    of_image: dict[str, dict[str, None]] = defaultdict(dict)
    for caption, image in zip(captions, images, strict=True):
        of_image[image].setdefault(caption)
    anchors, rows = [], []
    for row, (caption, image) in enumerate(zip(captions, images, strict=True)):
        other = next((one for one in of_image[image] if one != caption), None)
        if other is not None:
            anchors.append(other)
            rows.append(row)
    return anchors, rows
