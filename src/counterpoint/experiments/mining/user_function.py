"""A function of the user's by the name of its module."""

import importlib
from collections.abc import Callable
from typing import Any

from counterpoint.base.errors import InputError


def user_function(name: str, *, argument: str) -> Callable[..., Any]:
    """What ``module:function`` names; importing it runs the user's own code.

    Args:
        name: Such as ``my_package.rewrite:negatives``.
        argument: What the name was given as, for messages.

    Raises:
        InputError: The name has another form, there is no such module or function, or it cannot be called.
    """
    module, colon, function = name.partition(":")
    if not (module and colon and function):
        raise InputError(f"{argument} must look like module:function, got {name!r}")
    try:
        found = getattr(importlib.import_module(module), function, None)
    except ModuleNotFoundError as error:
        raise InputError(f"{argument} {name}: there is no module {error.name!r} to import") from error
    if not callable(found):
        raise InputError(f"{argument} {name}: module {module!r} has no function {function!r}")
    return found
