"""Optional packages, imported only where they are first needed."""

import importlib
from types import ModuleType

from counterpoint.base.errors import MissingExtraError


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import ``module`` or say which extra of Counterpoint installs it.

    Args:
        module: Dotted name of the package to import, such as ``"transformers"``.
        extra: The extra in ``pyproject.toml`` that brings it.
        purpose: What the user was doing, for the message.

    Raises:
        MissingExtraError: The package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.split(".")[0]:
            raise
        raise MissingExtraError(
            f"{purpose} needs the package {error.name!r}: pip install 'counterpoint[{extra}]'"
        ) from error
