"""Handwritten digits: small, real, and inside scikit-learn."""

import numpy as np

from counterpoint.data.sets.place import Access
from counterpoint.data.sets.types import NamedSet
from counterpoint.data.split import split_by_fraction
from counterpoint.data.table import MemoryTable, Subset


def digits(*, access: Access | None = None) -> NamedSet:
    """1,797 grey images of 8x8 pixels, 10 classes; needs no download.

    Pixels 0..16 are scaled to 0..255. The set has no official split; this one is stratified, drawn once with seed 0:
    1,258 to train, 180 to validate, 359 to test. Writers are not recorded, so they may be on several sides.
    """
    del access  # nothing to fetch
    from sklearn.datasets import load_digits  # one second of import that no other set needs

    flat, label = load_digits(return_X_y=True)
    pixels = np.round(np.asarray(flat).reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    label = np.asarray(label).astype(np.int64)
    table = MemoryTable({"image": pixels, "label": label}, description="digits")
    shares = {"train": 0.7, "validation": 0.1, "test": 0.2}
    parts = split_by_fraction(len(label), shares, seed=0, labels=label)
    return NamedSet(
        name="digits",
        train=Subset(table, parts["train"], name="train"),
        validation=Subset(table, parts["validation"], name="validation"),
        test=Subset(table, parts["test"], name="test"),
        citation="Alpaydin and Kaynak (1998). Optical Recognition of Handwritten Digits. UCI repository",
        licence="CC BY 4.0 (UCI Machine Learning Repository)",
        notes=("test part of the UCI set, as carried by scikit-learn; split drawn here",),
    )
