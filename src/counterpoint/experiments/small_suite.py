"""Six small tasks of colour images in three groups, with few labels: natural, specialised and structured."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from counterpoint.data import named
from counterpoint.experiments.source import DataSource, data_from
from counterpoint.experiments.view_loop import LabelledImages

SIZE = 16
"""Height and width that every image is brought to."""
TEST = 400
"""Images a task is judged on; emoji are fewer."""
_CELL = 4


def small_suite(labels: int, *, seed: int) -> dict[str, dict[str, LabelledImages]]:
    """The tasks of every group.

    Natural are clothes and the groups of emoji; specialised are digits and the alphabets of characters; structured,
    made here, are how many squares there are and where the only one is.

    Args:
        labels: Examples to learn a task from, at most 1000.
        seed: Draws them.

    Raises:
        InputError: A set is not on this machine.
    """
    return {
        "natural": {
            "clothes": _real("fashion_mnist_partial", labels, seed),
            "emoji": _real("emoji_image_text", labels, seed),
        },
        "specialised": {
            "digits": _real("digits", labels, seed),
            "alphabets": _real("omniglot", labels, seed, columns=(("label", "alphabet"),)),
        },
        "structured": {"count": _made(labels, seed, places=False), "place": _made(labels, seed, places=True)},
    }


def images_of(
    name: str, rows: int, seed: int, *, columns: tuple[tuple[str, str], ...] = ()
) -> tuple[Tensor, np.ndarray]:
    """Some images of the training part of a set with their classes, in three channels of 16 x 16 pixels.

    Args:
        name: Of a set.
        rows: How many, at most.
        seed: Draws them.
        columns: Pairs (role, column) that override the conventions.
    """
    found = named(name)
    examples = data_from(found.train, None, DataSource(data=f"set:{name}"), {**found.overrides, **dict(columns)}).train
    chosen = np.random.default_rng(seed).permutation(len(examples))[:rows]
    batch = examples.batch(chosen)
    assert isinstance(batch.anchor, Tensor)
    assert batch.label is not None
    images = batch.anchor.float() / (255 if batch.anchor.dtype == torch.uint8 else 1)
    if images.shape[1] == 1:
        images = images.repeat(1, 3, 1, 1)
    return interpolate(images[:, :3], size=(SIZE, SIZE), mode="area"), batch.label.numpy()


def _real(name: str, labels: int, seed: int, *, columns: tuple[tuple[str, str], ...] = ()) -> LabelledImages:
    images, classes = images_of(name, labels + TEST, seed, columns=columns)
    known = min(labels, len(images) * 2 // 3)
    return LabelledImages(images[:known], classes[:known], images[known:], classes[known:])


def _made(labels: int, seed: int, *, places: bool) -> LabelledImages:
    """Squares of any colour in cells of a grid, on noise of any tint: the cell of the one, or how many, 1 to 4."""
    rng = np.random.default_rng(seed)
    total, side = labels + TEST, SIZE // _CELL
    images = 0.5 * rng.random((total, 3, 1, 1)) + 0.2 * rng.random((total, 3, SIZE, SIZE))
    classes = rng.integers(side**2 if places else 4, size=total)
    for image, one in zip(images, classes, strict=True):
        cells = [one] if places else rng.choice(side**2, one + 1, replace=False)
        colour = rng.random((3, 1, 1))
        for row, column in (divmod(int(cell), side) for cell in cells):
            image[:, _CELL * row : _CELL * row + 3, _CELL * column : _CELL * column + 3] = colour
    found = torch.from_numpy(images).float()
    return LabelledImages(found[:labels], classes[:labels], found[labels:], classes[labels:])
