"""A nested configuration as a tree of names and readable values."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the configuration; ``value`` may be empty when all is in the ``children``."""

    name: str
    value: str
    children: tuple["Entry", ...] = ()


def entries(configuration: dict[str, Any]) -> tuple[Entry, ...]:
    """The tree of a configuration as ``to_json`` writes it: a saved class shows its name, without the module."""
    return tuple(_entry(str(name), value) for name, value in configuration.items())


def _entry(name: str, value: Any) -> Entry:
    if isinstance(value, dict):
        kind = value.get("type")
        title = kind.rsplit(":", 1)[-1] if isinstance(kind, str) else ""
        fields = {key: inner for key, inner in value.items() if not (key == "type" and title)}
        if title and set(fields) == {"value"}:  # a saved enum member
            return Entry(name=name, value=_plain(fields["value"]))
        return Entry(name=name, value=title if title or fields else "none", children=entries(fields))
    if isinstance(value, (list, tuple)) and any(isinstance(part, dict) for part in value):
        return Entry(name=name, value="", children=entries({str(i): part for i, part in enumerate(value, 1)}))
    return Entry(name=name, value=_plain(value))


def _plain(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(part) for part in value) or "none"
    return str(value) or "(empty)"
