"""What runs learn from and what they are judged on: once for tuning, once for the test, never the same rows."""

from dataclasses import dataclass, replace

from counterpoint.base.errors import InputError
from counterpoint.data import Batch, Examples, Subset, Supervision, split_rows
from counterpoint.experiments.judge import LIMIT, collect, lacking
from counterpoint.experiments.source import Data, DataSource

SHARE = 0.2
"""Of the training rows, that tuning is judged on."""

VALIDATED = 2_000
"""Rows of them, at most."""

KNOWN = 2_000
"""Training rows that a classifier looks at while tuning, at most."""


@dataclass(frozen=True)
class Ground:
    """Examples to learn from, and held-out ones to be judged on.

    Attributes:
        data: To learn from.
        known: Of these, what a classifier of the held-out rows may look at.
        asked: The held-out rows.
        supervision: What their columns say, which decides the measure.
    """

    data: Data
    known: Batch
    asked: Batch
    supervision: Supervision

    @property
    def rows(self) -> int:
        """How many have to be embedded to judge one model."""
        return len(self.known.rows) + len(self.asked.rows)


@dataclass(frozen=True)
class Grounds:
    """Both.

    Attributes:
        tuning: A share of the training rows is held out.
        test: All training rows, and those that were held out of them.
    """

    tuning: Ground
    test: Ground


def open_grounds(data: Data, source: DataSource, *, test_rows: int = LIMIT) -> Grounds:
    """Split the training rows for tuning, and decode what will be judged.

    Args:
        data: As loaded.
        source: Where it comes from; its seed decides the split.
        test_rows: Held-out rows that are judged, at most; more are sampled with a fixed seed.

    Raises:
        InputError: Nothing is held out, or there is nothing to judge by.
    """
    if data.test is None:
        raise InputError(f"{source.data} holds nothing out: there is nothing to compare on; leave out test_fraction 0")
    if data.roles.supervision is Supervision.VIEWS:
        raise InputError(f"{source.data} has no labels, scores or pairs: there is nothing to judge by")
    learn, validate = _split(data.train, source.seed)
    tuning_data = replace(data, train=learn, test=validate)
    tuning = _ground(tuning_data, collect(learn, limit=KNOWN), collect(validate, limit=VALIDATED))
    return Grounds(tuning, _ground(data, collect(data.train), collect(data.test, limit=test_rows)))


def _split(examples: Examples, seed: int) -> tuple[Examples, Examples]:
    # More than VALIDATED rows are not looked at, so they may as well be learnt from.
    share = min(SHARE, VALIDATED / len(examples))
    parts = split_rows(examples.table, {"learn": 1 - share, "validate": share}, group=examples.roles.group, seed=seed)
    learn, validate = (
        Examples(
            Subset(examples.table, parts[name]),
            examples.roles,
            bad_rows=examples.bad_rows,
            image=examples.image,
            label_names=examples.label_names or None,
        )
        for name in ("learn", "validate")
    )
    return learn, validate


def _ground(data: Data, known: Batch, asked: Batch) -> Ground:
    supervision = data.roles.supervision
    lack = lacking(known, asked, supervision)
    if lack is not None:
        raise InputError(f"there is nothing to compare by: what is held out needs {lack}")
    return Ground(data, known, asked, supervision)
