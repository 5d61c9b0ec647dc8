"""One cell of a column of features: what it is, and whether anything is in it."""

import numpy as np

from counterpoint.data.interactions import name_of
from counterpoint.data.kinds import is_missing


def is_empty(value: object) -> bool:
    """Missing, NaN, or blanks."""
    if isinstance(value, str):
        return not value.strip()
    return is_missing(value) or (isinstance(value, (float, np.floating)) and bool(value != value))


def is_number(value: object) -> bool:
    """A single number, or true or false."""
    return isinstance(value, (int, float, np.number, np.bool_))


def is_text(value: object) -> bool:
    """A text, or a list of texts."""
    return isinstance(value, str) or (isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value))


def is_vector(value: object) -> bool:
    """A list or an array of numbers."""
    if isinstance(value, np.ndarray):
        return value.ndim == 1 and value.dtype.kind in "fiub"
    return isinstance(value, (list, tuple)) and all(is_number(one) for one in value)


def text_of(value: object) -> str:
    """The texts of a list as one, nothing for an empty cell, and of any other its name."""
    if is_empty(value):
        return ""
    return " ".join(str(one) for one in value) if isinstance(value, (list, tuple)) else name_of(value)
