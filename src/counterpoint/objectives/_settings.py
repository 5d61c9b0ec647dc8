"""Checked settings."""

import math

from torch import Tensor

from counterpoint.base.errors import InputError


def check_positive(name: str, value: float | Tensor) -> None:
    """Refuse a setting that is not a positive, finite number; tensors come from a module that keeps them so."""
    if not isinstance(value, Tensor) and not (value > 0 and math.isfinite(value)):
        raise InputError(f"{name} must be a positive number, got {value}")


def check_finite(name: str, value: float | Tensor) -> None:
    """Refuse a setting that is NaN or infinite; tensors come from a module that keeps them so."""
    if not isinstance(value, Tensor) and not math.isfinite(value):
        raise InputError(f"{name} must be a finite number, got {value}")


def check_fraction(name: str, value: float | Tensor) -> None:
    """Refuse a setting that is not a number from 0 to 1; tensors come from a module that keeps them so."""
    if not isinstance(value, Tensor) and not 0 <= value <= 1:
        raise InputError(f"{name} must be a number from 0 to 1, got {value}")


def check_prior(name: str, value: float | Tensor) -> None:
    """Refuse a setting that is not a number from 0 to below 1; tensors come from a module that keeps them so."""
    if not isinstance(value, Tensor) and not 0 <= value < 1:
        raise InputError(f"{name} must be a number from 0 to below 1, got {value}")


def check_share(name: str, value: float | Tensor) -> None:
    """Refuse a setting that is not a number between 0 and 1, ends excluded; tensors come from a module."""
    if not isinstance(value, Tensor) and not 0 < value < 1:
        raise InputError(f"{name} must be a number between 0 and 1, got {value}")


def check_count(name: str, value: int, *, least: int) -> None:
    """Refuse a setting that is not a whole number of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InputError(f"{name} must be a whole number, at least {least}, got {value!r}")
