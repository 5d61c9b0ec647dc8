"""Records kept: a JSON Lines file, and TensorBoard's event files."""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from counterpoint.base.errors import CheckpointError, StorageError
from counterpoint.base.files import write_text
from counterpoint.training.observers import Observer, Record, TrainResult


class MetricsFile(Observer):
    """Appends each record to a file as one line of JSON, at once.

    When a run goes on from a checkpoint, records of later steps are cut off first: they are about to be written again.

    Args:
        path: Usually ``metrics.jsonl`` in the run folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def on_start(self, step: int, total: int) -> None:
        """Keep the records up to ``step`` and open the file.

        Raises:
            CheckpointError: A line that should be kept is not a record.
            StorageError: The file cannot be written.
        """
        with _saying(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            kept = [json.dumps(record) + "\n" for record in read_records(self.path, until=step)]
            write_text(self.path, "".join(kept))
            self._file = open(self.path, "a", encoding="utf-8", buffering=1)  # noqa: SIM115 - closed in on_end

    def on_log(self, record: Record) -> None:
        """Append one line.

        Raises:
            StorageError: The disk is full.
        """
        assert self._file is not None
        with _saying(self.path):
            self._file.write(json.dumps(record, allow_nan=False) + "\n")

    def on_checkpoint(self, path: Path) -> None:
        """Bring the records to the disk, as the checkpoint is."""
        assert self._file is not None
        with _saying(self.path):
            os.fsync(self._file.fileno())

    def on_end(self, result: TrainResult | None) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


@contextlib.contextmanager
def _saying(path: Path) -> Iterator[None]:
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error


def read_records(path: Path, *, until: int | None = None) -> list[Record]:
    """The records in a file, up to step ``until``; none if the file is absent. A last line cut short is left out.

    Raises:
        CheckpointError: A line before the last is not a record.
    """
    if not path.exists():
        return []
    records: list[Record] = []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
            step = record["step"]
        except (ValueError, KeyError, TypeError) as error:
            if number == len(lines):
                break
            raise CheckpointError(f"{path} line {number} is not a record with a step: {line[:80]!r}") from error
        if until is None or step <= until:
            records.append(record)
    return records


class TensorBoardLog(Observer):
    """Writes every number of a record as a scalar for TensorBoard.

    Args:
        folder: Where the event files go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._writer: Any = None

    def on_start(self, step: int, total: int) -> None:
        """Open the writer; what it holds of later steps is hidden.

        Raises:
            StorageError: The folder cannot be written.
        """
        from torch.utils.tensorboard.writer import SummaryWriter  # a second to import, wanted by few runs

        with _saying(self.folder):
            self._writer = SummaryWriter(str(self.folder), purge_step=step + 1)

    def on_log(self, record: Record) -> None:
        """One scalar for each number but the step.

        Raises:
            StorageError: The disk is full, as the writer's own thread found out since the last record.
        """
        with _saying(self.folder):
            for name, value in record.items():
                if name != "step":
                    self._writer.add_scalar(name, value, record["step"])

    def on_end(self, result: TrainResult | None) -> None:
        """Close the writer.

        Raises:
            StorageError: The disk is full.
        """
        writer, self._writer = self._writer, None
        if writer is not None:
            with _saying(self.folder):
                writer.close()
