"""Checked settings."""

from counterpoint.base.errors import InputError


def check_whole(name: str, value: int, least: int) -> None:
    """Refuse a setting that is not a whole number of at least ``least``.

    Raises:
        InputError: It is something else; the message names it.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InputError(f"{name} must be a whole number of at least {least}, got {value!r}")
