"""Which columns hold what a relation wants to know of every row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from counterpoint.base.errors import InputError
from counterpoint.base.facts import Fact, Form
from counterpoint.data import names
from counterpoint.data.overrides import Given, read_overrides
from counterpoint.data.table import Table, listed

_EXPECTED = {
    Form.NAME: "a class, cluster or identifier in every row",
    Form.NAMES: "names in every row, as a list or as text with | ; or , between them",
    Form.NUMBERS: "a number or a date in every row",
    Form.VECTOR: "a vector of numbers in every row",
    Form.LINKS: "names of other rows, as a list or as text with | ; or , between them",
}


@dataclass(frozen=True, kw_only=True)
class FactColumns:
    """Where a fact is found.

    Attributes:
        fact: What is wanted.
        columns: Its column; several of numbers are stacked.
    """

    fact: Fact
    columns: tuple[str, ...]

    def phrase(self) -> str:
        """As it is told to the user."""
        noun = f"column {self.columns[0]!r}" if len(self.columns) == 1 else f"columns {listed(self.columns, 4)}"
        return noun if self.fact.column in self.columns else f"{self.fact.column} from {noun}"


def find_facts(table: Table, given: Given, facts: Sequence[Fact]) -> tuple[FactColumns, ...]:
    """The columns of facts: as given, else of that name, else of a name that means it.

    Raises:
        InputError: There is no such column, or it cannot be told which.
    """
    return tuple(FactColumns(fact=fact, columns=_columns(table, given, fact)) for fact in facts)


def present_facts(table: Table, overrides: Mapping[str, str], facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """The facts of which the table has a column."""
    given = read_overrides(table, overrides, facts=facts)
    return tuple(fact for fact in facts if _found(table, given, fact))


def _found(table: Table, given: Given, fact: Fact) -> tuple[str, ...]:
    """All columns that may be meant."""
    word = fact.column
    said = given.columns(word)
    if said is not None:
        return said
    known = (names.plain(word), *names.FACTS.get(names.plain(word), ()))
    exact = (word,) if word in table.columns else ()
    return exact or tuple(name for name in table.columns if names.plain(name) in known)


def _columns(table: Table, given: Given, fact: Fact) -> tuple[str, ...]:
    word, found = fact.column, _found(table, given, fact)
    if len(found) == 1 or (given.columns(word) and fact.form in (Form.NUMBERS, Form.VECTOR)):
        return found
    if found:
        raise InputError(f"{table.description}: {listed(found)} could each be the {word!r}; say {word}=COLUMN")
    near = names.closest(word, table.columns)
    hint = f" (did you mean {near!r}?)" if near else ""
    raise InputError(
        f"{table.description}: the relation of the recipe needs a column {word!r}, with {_EXPECTED[fact.form]}, and "
        f"there is none{hint}; columns: {listed(table.columns)}; say {word}=COLUMN"
    )
