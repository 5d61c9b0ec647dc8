"""Vectors by name as something to diagnose: rows with their names, and what belongs to them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from counterpoint.evaluation.diagnosis import Subject, diagnose, write_diagnosis
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.questions import Side, questions
from counterpoint.experiments.report import Item, Question


@dataclass(frozen=True, kw_only=True, eq=False)
class NamedSpace:
    """A space, and how its rows are called on a page.

    Attributes:
        subject: Its ``ids`` are the keys of ``names``.
        names: Of anchors.
        positives: Of what belongs to each of them, by the same keys; empty without pairs.
        what: The rows in words, such as ``items``.
    """

    subject: Subject
    names: Mapping[int, str]
    positives: Mapping[int, str]
    what: str

    def shows(self, side: Side, row: int) -> Item:
        """The name of a row, or of what belongs to it."""
        names = self.positives if side == "positives" and self.positives else self.names
        return Item(content=names[row], row=row)


def diagnosed(folder: RunFolder, space: NamedSpace) -> tuple[Question, ...]:
    """Diagnose the space of a run into its ``diagnosis.json``, and give it as questions for a page."""
    found = diagnose(space.subject)
    found = replace(found, about=replace(found.about, name=str(folder.path)))
    write_diagnosis(folder.diagnosis, found)
    return questions(found, space.shows)
