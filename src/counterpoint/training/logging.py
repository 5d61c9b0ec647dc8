"""Records kept: a JSON Lines file, and TensorBoard's event files."""

import contextlib
import json
import os
import socket
import time
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

    Records are written in the training process, not by a thread as torch's writer does, so that a full disk is an error
    of the step that met it.

    Args:
        folder: Where the event files go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file: IO[bytes] | None = None

    def on_start(self, step: int, total: int) -> None:
        """Begin an event file; what earlier ones hold of later steps is hidden.

        Raises:
            StorageError: The folder cannot be written.
        """
        name = f"events.out.tfevents.{time.time():.6f}.{socket.gethostname()}.{os.getpid()}"
        with _saying(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._file = open(self.folder / name, "wb", buffering=0)  # noqa: SIM115 - closed in on_end
        self._write(step + 1, file_version="brain.Event:2")
        self._write(step + 1, session_log={"status": "START"})

    def on_log(self, record: Record) -> None:
        """One scalar for each number but the step.

        Raises:
            StorageError: The disk is full.
        """
        values = [{"tag": name, "simple_value": value} for name, value in record.items() if name != "step"]
        self._write(int(record["step"]), summary={"value": values})

    def on_end(self, result: TrainResult | None) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, step: int, **what: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import (  # slow to import, wanted by few runs
            Event,  # pyright: ignore[reportAttributeAccessIssue] - made by protobuf when imported
        )
        from tensorboard.summary.writer.record_writer import RecordWriter

        assert self._file is not None
        event = Event(step=step, wall_time=time.time(), **what)
        with _saying(self.folder):
            RecordWriter(self._file).write(event.SerializeToString())
