"""What a person sees: words on standard error, results on standard output."""

import json
from collections.abc import Iterable
from dataclasses import asdict, is_dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from counterpoint.experiments.judge import Comparison

out = Console()
err = Console(stderr=True)


def say(text: str) -> None:
    """Tell the user something that is not a result."""
    err.print(text, markup=False, highlight=False)


def fail(text: str) -> None:
    """Tell the user what went wrong."""
    err.print(f"error: {text}", style="red", markup=False, highlight=False, soft_wrap=True)


def machine(value: Any) -> None:
    """One JSON value on standard output."""
    out.print_json(json.dumps(value, default=_plain))


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def show_comparisons(comparisons: Iterable[Comparison]) -> None:
    """One row per measure, one column per system, intervals in brackets."""
    comparisons = list(comparisons)
    systems = list(dict.fromkeys(row.system for one in comparisons for row in one.rows))
    table = Table(box=None, pad_edge=False)
    table.add_column("measure")
    for system in systems:
        table.add_column(system, justify="right")
    for one in comparisons:
        shown = {row.system: f"{row.value:.3f} [{row.low:.3f}, {row.high:.3f}]" for row in one.rows}
        table.add_row(one.measure, *[shown.get(system, "-") for system in systems])
    out.print(table)
