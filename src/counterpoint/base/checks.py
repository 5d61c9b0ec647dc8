"""Settings that must be numbers of a certain kind."""

import math

from counterpoint.base.errors import InputError


def check_positive_number(name: str, value: float) -> None:
    """Refuse a setting that is not a positive, finite number.

    Raises:
        InputError: It is something else; the message names it.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not (value > 0 and math.isfinite(value)):
        raise InputError(f"{name} must be a positive number, got {value!r}")


def check_not_negative(name: str, value: float) -> None:
    """Refuse a setting that is negative, NaN or infinite.

    Raises:
        InputError: It is something else; the message names it.
    """
    if not 0 <= value < math.inf:
        raise InputError(f"{name} must be a finite number, not negative, got {value}")
