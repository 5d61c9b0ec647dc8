"""What can be known to be wrong before the first training step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.roles import Supervision
from counterpoint.data.table import listed

if TYPE_CHECKING:
    from counterpoint.data.examples import Examples


def check_examples(examples: Examples, *, batch_size: int | None, needs: Supervision | None) -> tuple[str, ...]:
    """See :meth:`counterpoint.data.Examples.check`."""
    name = examples.table.description
    if batch_size is not None and batch_size > len(examples):
        raise InputError(f"batch larger than the data: {batch_size} rows a batch, but {name} has {len(examples)}")
    if needs is not None:
        _check_needs(examples, needs)
    labelled = needs is Supervision.LABELS or (needs is None and examples.roles.supervision is Supervision.LABELS)
    warnings = list(examples.notices)
    if labelled:
        warnings.extend(_class_warnings(examples))
    return tuple(warnings)


def _check_needs(examples: Examples, needs: Supervision) -> None:
    roles, name = examples.roles, examples.table.description
    found = f"columns of {name}: {listed(examples.table.columns)}"
    if needs is Supervision.LABELS and roles.label is None:
        raise InputError(f"this objective needs labels, but there is no label column; {found}; say label=COLUMN")
    if needs is Supervision.PAIRS and not roles.positives:
        raise InputError(f"this objective needs pairs, but there is no positive column; {found}; say positive=COLUMN")
    if needs is Supervision.SCORES and roles.score is None:
        raise InputError(f"this objective needs scores, but there is no score column; {found}; say score=COLUMN")


def _class_warnings(examples: Examples) -> list[str]:
    numbers = examples.labels
    if numbers is None:
        return []
    counts = np.bincount(numbers[numbers >= 0], minlength=len(examples.label_names))
    single = [label for label, count in zip(examples.label_names, counts, strict=True) if count == 1]
    name = examples.table.description
    if not np.any(counts >= 2):
        # Trainable, if an example's own second view counts as its class; but an identifier was taken for a label.
        raise InputError(
            f"{name}: no class has two examples ({len(counts)} classes), so the labels say nothing that two views of "
            "each example do not: name another label column, or learn from views (--supervision views)"
        )
    if len(counts) == 1:
        return [f"{name}: there is only one class ({examples.label_names[0]!r}), so nothing is a negative"]
    if single:
        shown = listed(single, 10)
        return [f"{name}: {len(single)} classes have only one example, which has no positive but itself: {shown}"]
    return []
