"""Parts of a mining: Parquet files that are whole or absent, so that a killed run goes on where it stopped."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from counterpoint.base.errors import CheckpointError, InputError
from counterpoint.base.files import atomic_path
from counterpoint.retrieval.checks import at_least
from counterpoint.retrieval.embed import Progress, unheard
from counterpoint.retrieval.mining.report import Tally

PART_ROWS = 4096
_NOTE = b"counterpoint.mining"

MakePart = Callable[[int, int], tuple[pa.Table, Tally]]
"""From the first query of a part and one past its last to its rows and their counts; a pure function of the two."""


def write_parts(
    folder: Path | str,
    make: MakePart,
    *,
    rows: int,
    settings: str,
    part_rows: int = PART_ROWS,
    progress: Progress = unheard,
) -> Tally:
    """Mine part after part, but for those that an earlier run with the same settings has finished.

    A part carries its counts and the settings in its own file, so there is nothing else to keep in step.

    Args:
        folder: Gets ``part-00000.parquet`` and so on.
        make: Mines one part.
        rows: Queries in all.
        settings: Fingerprint of everything the result depends on.
        part_rows: Queries of a part: what a kill can lose, and what is held in memory.
        progress: Told the queries done and all of them.

    Returns:
        The counts of all parts.

    Raises:
        InputError: No queries, or the folder holds parts of other settings.
        CheckpointError: A part is damaged.
        StorageError: Writing failed; finished parts are whole.
    """
    at_least("the number of queries", rows, 1)
    at_least("part_rows", part_rows, 1)
    folder, total = Path(folder), Tally()
    names = [f"part-{number:05d}.parquet" for number in range(-(-rows // part_rows))]
    known = f"{settings} {rows} {part_rows}"
    _refuse_others(folder, names)
    done = {name: _read_tally(folder / name, known) for name in names if (folder / name).exists()}
    for number, name in enumerate(names):
        start, stop = number * part_rows, min((number + 1) * part_rows, rows)
        tally = done.get(name)
        if tally is None:
            table, tally = make(start, stop)
            note = json.dumps({"settings": known, "tally": asdict(tally)})
            with atomic_path(folder / name) as temporary:
                pq.write_table(table.replace_schema_metadata({_NOTE: note}), temporary)
        total += tally
        progress(stop, rows)
    return total


def _refuse_others(folder: Path, names: list[str]) -> None:
    others = sorted({path.name for path in folder.glob("*.parquet")} - set(names))
    if others:
        raise InputError(f"{folder} holds {others[0]}, which is no part of this mining; choose another folder")


def _read_tally(path: Path, settings: str) -> Tally:
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (pa.ArrowException, OSError) as error:
        raise CheckpointError(
            f"{path} is damaged ({error}); delete it and mine again, which remakes it alone"
        ) from error
    note = json.loads(metadata.get(_NOTE, b"{}"))
    if note.get("settings") != settings:
        raise InputError(
            f"{path} was mined with other settings, data or models; choose another folder, or delete this one"
        )
    return Tally(**note["tally"])
