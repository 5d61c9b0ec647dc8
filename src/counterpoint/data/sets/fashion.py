"""A part of Fashion-MNIST."""

import numpy as np

from counterpoint.data.sets.place import Access, must_be_placed
from counterpoint.data.sets.types import NamedSet
from counterpoint.data.table import MemoryTable, Table

_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def fashion_mnist_partial(*, access: Access | None = None) -> NamedSet:
    """Grey images of 28x28 pixels, 10 classes: 4,548 official training and 1,000 official test images.

    A part, so figures cannot be compared with published ones. It has no download: it must be placed in
    ``COUNTERPOINT_DATA/fashion_mnist_partial``.

    Raises:
        InputError: It is not there.
    """
    del access  # no download
    folder = must_be_placed("fashion_mnist_partial", ["fashion_mnist_partial.npz"])
    with np.load(folder / "fashion_mnist_partial.npz", allow_pickle=False) as arrays:
        parts: dict[str, Table] = {
            part: MemoryTable(
                {"image": arrays[f"{part}_x"], "label": arrays[f"{part}_y"].astype(np.int64)},
                description=f"fashion_mnist_partial {part}",
            )
            for part in ("train", "test")
        }
    return NamedSet(
        name="fashion_mnist_partial",
        train=parts["train"],
        test=parts["test"],
        citation="Xiao, Rasul and Vollgraf (2017). Fashion-MNIST. arXiv:1708.07747",
        licence="MIT",
        notes=("4,548 of 60,000 training and 1,000 of 10,000 test images: not comparable with published figures",),
        class_names=_CLASSES,
    )
