"""Column roles given by the user: ``anchor=en``, ``negatives=neg_1,neg_2``, ``score=`` (none)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from counterpoint.base.errors import InputError
from counterpoint.base.facts import Fact
from counterpoint.data import names
from counterpoint.data.table import Table, listed


@dataclass(frozen=True)
class Given:
    """What the user said: role to columns (none means: no column, even if one has the name), and the file's columns."""

    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def columns(self, role: str) -> tuple[str, ...] | None:
        """The columns given for ``role``; None when nothing was said about it."""
        return self.roles.get(role)

    def single(self, role: str) -> str | None:
        """The one column given for ``role``, if any."""
        columns = self.roles.get(role) or ()
        return columns[0] if columns else None

    @property
    def taken(self) -> set[str]:
        """All columns that have a role already."""
        return {column for columns in self.roles.values() for column in columns}


def read_overrides(table: Table, overrides: Mapping[str, str] | None, *, facts: Sequence[Fact] = ()) -> Given:
    """Check overrides against the table.

    Args:
        table: Whose columns are named.
        facts: Their words may be given columns too.
        overrides: Role to column name, several separated by commas, empty for "no such column". Roles: anchor
            (also query, text, image, vector, sentence1, premise), positive(s) (also caption, sentence2,
            hypothesis), negative(s), label, score, group.

    Raises:
        InputError: An unknown role or column (with the nearest name), or a role given twice or too many columns.
    """
    roles: dict[str, tuple[str, ...]] = {}
    known = {**names.ROLE_OF, **{fact.column: fact.column for fact in facts}}
    for key, value in (overrides or {}).items():
        role = known.get(key) or known.get(names.plain(key))
        if role is None:
            raise InputError(f"unknown role {key!r}{_hint(key, known)}; roles are {listed(tuple(known))}")
        if role in roles:
            raise InputError(f"the role {role!r} is given twice ({key!r} means the same)")
        columns = (
            (value,) if value in table.columns else tuple(part.strip() for part in value.split(",") if part.strip())
        )
        for column in columns:
            if column not in table.columns:
                raise InputError(
                    f"{key}={value}: {table.description} has no column {column!r}{_hint(column, table.columns)}; "
                    f"its columns: {listed(table.columns)}"
                )
        if role in ("label", "score", "group") and len(columns) > 1:
            raise InputError(f"{key}={value}: one column is expected, not {len(columns)}")
        roles[role] = columns
    return Given(roles)


def overridden(known: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """What the user says in place of what a named set says of the same role, whatever word either has for it."""
    said = {_role(key) for key in given}
    return {**{key: value for key, value in known.items() if _role(key) not in said}, **given}


def _role(key: str) -> str:
    return names.ROLE_OF.get(key) or names.ROLE_OF.get(names.plain(key)) or key


def _hint(name: str, known: Mapping[str, str] | tuple[str, ...]) -> str:
    near = names.closest(name, known)
    return f" (did you mean {near!r}?)" if near else ""
