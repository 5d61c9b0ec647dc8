"""Examples: a table and its roles, read as batches."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from counterpoint.base.errors import InputError
from counterpoint.data.bad_rows import BadRows, RowError, SkippedRow
from counterpoint.data.batch import Batch
from counterpoint.data.cells import Cells, anchor_cells, other_cells, scores
from counterpoint.data.checks import check_examples
from counterpoint.data.decoding import Decoder
from counterpoint.data.facts import FactReader
from counterpoint.data.images import ImageFormat
from counterpoint.data.kinds import holds_many
from counterpoint.data.labels import LabelIndex
from counterpoint.data.roles import Roles, Supervision
from counterpoint.data.table import Column, Table

_SETTLED_ROWS = 16
"""Examples looked at to fix image size, channels and vector length."""


class Examples:
    """A data set in the sense of torch: ``len`` and batches by row numbers; works in data loader workers.

    Use it with ``DataLoader(examples, batch_sampler=EpochSampler(...), collate_fn=lambda batch: batch)``.

    Attributes:
        table: Where rows are read.
        roles: Which column is what.
        label_names: Class k is called ``label_names[k]``; empty without a label column.
        image: Size and channels of the anchors, as settled (for images).
        skipped: Rows passed over so far *in this process*; workers report theirs in ``Batch.skipped``.
        notices: What the user should be told about the data, besides ``roles.describe``.
    """

    def __init__(
        self,
        table: Table,
        roles: Roles,
        *,
        bad_rows: BadRows | None = None,
        image: ImageFormat | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        """Settle formats from the first rows and read the label column once.

        Args:
            table: The data.
            roles: See :func:`counterpoint.data.infer_roles`.
            bad_rows: Default: the first unusable row is an error.
            image: Default: size and channels of the first images.
            label_names: The classes in order, such as those of the training data; default: those of the column.

        Raises:
            InputError: An empty table, a role without its column, first images that cannot be decoded at all, or a
                missing label when no bad row is allowed.
        """
        if not len(table):
            raise InputError(f"{table.description} has no rows")
        self.table = table
        self.roles = roles
        self.bad_rows = bad_rows or BadRows()
        self._skipped: dict[int, SkippedRow] = {}
        head = table.head(_SETTLED_ROWS, roles.used)
        self._anchor = Decoder(roles.kind, table, image or ImageFormat())
        if len(roles.anchor) == 1:
            self._anchor.settle(_settling(head, roles.anchor))
        self._other = Decoder(roles.other_kind or roles.kind, table, image or ImageFormat())
        if roles.positives:
            self._other.settle(_settling(head, roles.positives))
        self._labels = None if roles.label is None else LabelIndex(table, roles.label, label_names)
        self._facts = FactReader(table, roles.facts)
        if self._labels is not None and self.bad_rows.limit == 0:
            self._refuse_missing_labels(self._labels)

    def __len__(self) -> int:
        """Number of rows, unusable ones included."""
        return len(self.table)

    def __getitem__(self, row: int) -> Batch:
        """The batch of one row."""
        return self.batch([row])

    def __getitems__(self, rows: Sequence[int]) -> Batch:
        """The batch at ``rows``; what a torch data loader calls."""
        return self.batch(rows)

    @property
    def label_names(self) -> tuple[str, ...]:
        """Class names in order of their numbers."""
        return self._labels.names if self._labels is not None else ()

    @property
    def labels(self) -> np.ndarray | None:
        """int64 `[N]`: the class number of every row, -1 where there is none; None without a label column."""
        return self._labels.numbers if self._labels is not None else None

    @property
    def image(self) -> ImageFormat:
        """Size and channels of the anchors, as settled."""
        return self._anchor.image

    @property
    def skipped(self) -> list[SkippedRow]:
        """Rows passed over so far in this process, each once."""
        return list(self._skipped.values())

    @property
    def notices(self) -> tuple[str, ...]:
        """What was decided about the data and should be told to the user."""
        said = (self.table.notes, self._anchor.notices, self._other.notices, self._facts.notices)
        return tuple(dict.fromkeys(one for notices in said for one in notices))

    def batch(self, rows: Sequence[int] | np.ndarray) -> Batch:
        """The examples at ``rows``, decoded; unusable rows are left out as far as ``bad_rows`` allows.

        Raises:
            InputError: An unusable row (with its file, line or row, column and problem) beyond the limit, or no
                usable row at all.
        """
        index = np.asarray(rows, dtype=np.int64).reshape(-1)
        values = self.table.take(index, self.roles.used)
        left_out: list[SkippedRow] = []
        while True:
            try:
                return self._decode(index, values, tuple(left_out))
            except RowError as error:
                left_out.append(self._skip(int(index[error.place]), error))
                keep = np.delete(np.arange(len(index)), error.place)
                if not keep.size:
                    raise InputError(f"no row of this batch can be used; the last: {left_out[-1].reason}") from error
                index = index[keep]
                values = {name: _kept(column, keep) for name, column in values.items()}

    def scan(self) -> np.ndarray:
        """The numbers of all usable rows, int64, found by decoding everything once.

        Useful before training on several ranks, where skipped rows would make batches unequal.

        Raises:
            InputError: More unusable rows than ``bad_rows`` allows.
        """
        good: list[np.ndarray] = []
        for start in range(0, len(self), 64):
            index = np.arange(start, min(start + 64, len(self)))
            values = self.table.take(index, self.roles.used)
            for place, row in enumerate(index):
                try:
                    self._decode(index[place : place + 1], {k: v[place : place + 1] for k, v in values.items()}, ())
                    good.append(index[place : place + 1])
                except RowError as error:
                    self._skip(int(row), error)
        return np.concatenate(good) if good else np.zeros(0, dtype=np.int64)

    def check(self, *, batch_size: int | None = None, needs: Supervision | None = None) -> tuple[str, ...]:
        """Cheap validation before training.

        Args:
            batch_size: Rows per batch that will be asked for.
            needs: What the objective needs to know.

        Returns:
            Warnings for the user, possibly none.

        Raises:
            InputError: A batch larger than the data, columns missing for ``needs``, or labels of which no class has
                two examples.
        """
        return check_examples(self, batch_size=batch_size, needs=needs)

    def _decode(self, index: np.ndarray, values: dict[str, Column], skipped: tuple[SkippedRow, ...]) -> Batch:
        n, roles = len(index), self.roles
        label = None if self._labels is None or roles.label is None else self._labels.encode(values[roles.label])
        score = None if roles.score is None else scores(values[roles.score], roles.score)
        positives = other_cells(values, roles.positives, n, required=True) if roles.positives else None
        negatives = other_cells(values, roles.negatives, n, required=False) if roles.negatives else None
        return Batch(
            rows=index,
            anchor=self._anchor(anchor_cells(values, roles.anchor, n)),
            positives=None if positives is None else self._other(positives),
            positive_owner=_owners(positives),
            negatives=None if negatives is None else self._other(negatives),
            negative_owner=_owners(negatives),
            label=None if label is None else torch.from_numpy(label),
            score=score,
            facts=self._facts(values),
            skipped=skipped,
        )

    def _skip(self, row: int, error: RowError) -> SkippedRow:
        reason = f"{self.table.where(row)}, column {error.column!r}: {error.problem}"
        if row not in self._skipped and len(self._skipped) >= self.bad_rows.limit:
            if not self.bad_rows.limit:
                raise InputError(reason) from error
            raise InputError(
                f"more than {self.bad_rows.limit} rows cannot be used; the last: {reason}; the first: "
                f"{next(iter(self._skipped.values())).reason}"
            ) from error
        return self._skipped.setdefault(row, SkippedRow(row, reason))

    def _refuse_missing_labels(self, labels: LabelIndex) -> None:
        missing = np.flatnonzero(labels.numbers < 0)
        if missing.size:
            row = int(missing[0])
            value = self.table.take([row], [labels.column])[labels.column]
            try:
                labels.encode(value)
            except RowError as error:
                self._skip(row, error)


def _settling(head: dict[str, Column], columns: Sequence[str]) -> list[Any]:
    values: list[Any] = []
    for name in columns:
        for value in head[name]:
            values.extend(value if holds_many(value) else [value])
    return [value for value in values if value is not None]


def _owners(cells: Cells | None) -> torch.Tensor | None:
    return None if cells is None else torch.tensor([place for place, _, _ in cells], dtype=torch.int64)


def _kept(column: Column, keep: np.ndarray) -> Column:
    return column[keep] if isinstance(column, np.ndarray) else [column[i] for i in keep.tolist()]
