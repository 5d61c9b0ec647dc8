"""Columns of a table that play a role, by what they are called or as the user says."""

from collections.abc import Mapping, Sequence

from counterpoint.base.errors import InputError
from counterpoint.data import Table
from counterpoint.data.names import plain


def named_roles(table: Table, known: Mapping[str, Sequence[str]], given: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Role to column; a role without a column is left out.

    Args:
        table: Whose columns.
        known: What a column of each role is called.
        given: Role and column, which go before names; roles that are not known are passed over.

    Raises:
        InputError: Two columns could have one role.
    """
    found = {role: column for role, column in given if role in known}
    for role, names in known.items():
        named = [column for column in table.columns if plain(column) in names]
        if role not in found and len(named) > 1:
            raise InputError(f"{table.description}: {named} could each be the {role}; say --column {role}=COLUMN")
        found |= {role: named[0]} if named and role not in found else {}
    return found
