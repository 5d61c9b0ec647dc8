"""What a person sees: words on standard error, results on standard output."""

import json
import math
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from counterpoint.data import SkippedRow
from counterpoint.experiments.judge import Comparison
from counterpoint.experiments.protocols import LeftOut

out = Console()
err = Console(stderr=True)

SHOWN_ROWS = 10


def hush() -> None:
    """Be quiet from now on, but for what went wrong: another process of the same run is the one that speaks."""
    out.quiet = err.quiet = True


def say(text: str) -> None:
    """Tell the user something that is not a result."""
    err.print(text, markup=False, highlight=False, soft_wrap=True)


def resume_with(step: int, run: Path) -> None:
    """Tell how to go on after Ctrl-C, as a command that can be pasted."""
    say(f"stopped after step {step}; continue with: counterpoint train --resume {shlex.quote(str(run))}")


def result(text: str) -> None:
    """A result in words."""
    out.print(text, markup=False, highlight=False, soft_wrap=True)


def fail(text: str) -> None:
    """Tell the user what went wrong, in one line."""
    line = " ".join(f"error: {text}".splitlines())
    Console(stderr=True).print(line, style="red", markup=False, highlight=False, soft_wrap=True)


def machine(value: Any) -> None:
    """One JSON value on standard output; a number that JSON has no word for is null."""
    out.print(json.dumps(_plain(value), indent=2, allow_nan=False), markup=False, highlight=False, soft_wrap=True)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def table(*columns: str, rows: Iterable[Sequence[str]], right: bool = False) -> None:
    """A table of plain words; ``right`` aligns all but the first column.

    In a file or a pipe no line is folded: width is a matter of terminals.
    """
    drawn = Table(box=None, pad_edge=False)
    for number, column in enumerate(columns):
        drawn.add_column(column, justify="right" if right and number else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    wide = (
        None
        if out.is_terminal
        else max(out.width, out.measure(drawn, options=out.options.update(width=10_000)).maximum)
    )
    (out if wide is None else Console(width=wide, quiet=out.quiet)).print(drawn, crop=False)


def comparisons(found: Iterable[Comparison]) -> None:
    """One row per measure, one column per system, intervals in brackets."""
    found = list(found)
    systems = list(dict.fromkeys(row.system for one in found for row in one.rows))
    table("measure", *systems, rows=[_comparison(one, systems) for one in found], right=True)


def measures(found: Sequence[Comparison], *, json: bool) -> None:
    """What was measured: as JSON, or a table."""
    if json:
        machine(found)
    else:
        comparisons(found)


def not_judged(left_out: Iterable[LeftOut]) -> None:
    """Each protocol that did not apply, with why."""
    for one in left_out:
        say(f"not judged: {one.name}: {one.reason}")


def _comparison(one: Comparison, systems: list[str]) -> list[str]:
    shown = {row.system: f"{row.value:.3f} [{row.low:.3f}, {row.high:.3f}]" for row in one.rows}
    return [one.measure, *(shown.get(system, "-") for system in systems)]


def skipped(rows: Sequence[SkippedRow]) -> None:
    """Count the rows that were passed over, and list the first of them."""
    if not rows:
        return
    say(f"{len(rows)} {'row' if len(rows) == 1 else 'rows'} skipped:")
    for one in rows[:SHOWN_ROWS]:
        say(f"  {one.reason}")
    if len(rows) > SHOWN_ROWS:
        say(f"  and {len(rows) - SHOWN_ROWS} more")
