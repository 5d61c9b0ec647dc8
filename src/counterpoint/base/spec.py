"""Specs: frozen dataclasses that name everything a run is made of, and their exact JSON form.

A spec is data, not behaviour: it is written to a run folder as JSON and read back as equal. Reading never runs
code from the file: it may only name dataclasses inside the packages that the caller trusts.
"""

import dataclasses
import importlib
from enum import Enum
from typing import Any

from counterpoint.base.errors import InputError

TYPE = "type"


def to_json(value: Any) -> Any:
    """Turn a (nested) spec into plain JSON values; a dataclass becomes ``{"type": "module:Class", field: ...}``.

    An enum member becomes ``{"type": "module:Class", "value": ...}``.

    Raises:
        InputError: A value is neither a dataclass nor a JSON value, or a key would not come back as it is; such a
            spec could not be saved.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind = type(value)
        fields = {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value) if field.init}
        return {TYPE: f"{kind.__module__}:{kind.__qualname__}", **fields}
    if isinstance(value, Enum):
        kind = type(value)
        return {TYPE: f"{kind.__module__}:{kind.__qualname__}", "value": value.value}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        if odd := [key for key in value if not isinstance(key, str) or key == TYPE]:
            raise InputError(f"a mapping in a spec needs text keys other than {TYPE!r}, not {odd[0]!r}")
        return {key: to_json(item) for key, item in value.items()}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise InputError(f"a spec may hold numbers, strings, lists and dataclasses, not {type(value).__name__}: {value!r}")


def from_json(value: Any, *, trusted: tuple[str, ...] = ("counterpoint",)) -> Any:
    """Rebuild what :func:`to_json` wrote; lists come back as tuples.

    Args:
        value: Plain JSON values.
        trusted: Top-level packages whose dataclasses may be named.

    Raises:
        InputError: A type outside ``trusted``, unknown, not a dataclass, or with fields that do not fit.
    """
    if isinstance(value, list):
        return tuple(from_json(item, trusted=trusted) for item in value)
    if not isinstance(value, dict):
        return value
    if TYPE not in value:
        return {key: from_json(item, trusted=trusted) for key, item in value.items()}
    kind = _resolve(value[TYPE], trusted)
    fields = {key: from_json(item, trusted=trusted) for key, item in value.items() if key != TYPE}
    try:
        return kind(**fields)
    except (TypeError, ValueError) as error:
        raise InputError(f"the saved fields of {value[TYPE]} do not fit this version: {error}") from error


def _resolve(name: Any, trusted: tuple[str, ...]) -> type:
    module, _, qualname = str(name).partition(":")
    if module.split(".")[0] not in trusted:
        raise InputError(f"spec type {name!r} is outside the trusted packages {trusted}")
    try:
        kind: Any = importlib.import_module(module)
        for part in qualname.split("."):
            kind = getattr(kind, part)
    except (ImportError, AttributeError) as error:
        raise InputError(f"spec type {name!r} does not exist in this version") from error
    if not (isinstance(kind, type) and (dataclasses.is_dataclass(kind) or issubclass(kind, Enum))):
        raise InputError(f"spec type {name!r} is neither a dataclass nor an enum")
    return kind
