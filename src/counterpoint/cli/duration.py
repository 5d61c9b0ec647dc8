"""A length of time as people write it."""

import re

from counterpoint.base.errors import InputError

_FORM = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)(?:min|m))?(?:(\d+(?:\.\d+)?)s)?")


def seconds_of(text: str, *, argument: str = "--budget") -> float:
    """Seconds of ``90s``, ``20min``, ``1.5h`` or ``1h30min``.

    Raises:
        InputError: It is none of these, or zero.
    """
    found = _FORM.fullmatch("".join(text.split()).lower())
    hours, minutes, seconds = (float(one or 0) for one in found.groups()) if found else (0.0, 0.0, 0.0)
    total = 3600 * hours + 60 * minutes + seconds
    if total <= 0:
        raise InputError(f"{argument} must be a length of time such as 90s, 20min or 1h30min, got {text!r}")
    return total
