"""One live line on the terminal."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from counterpoint.training.observers import Observer, Record, TrainResult

SHOWN = {
    "loss": "loss {:.4f}",
    "examples_per_second": "{:,.0f}/s",
    "positive_similarity": "pos {:+.2f}",
    "negative_similarity": "neg {:+.2f}",
    "effective_rank": "rank {:.1f}",
    "effective_negatives": "hard {:.1f}",
}
"""Numbers of a record that fit on the line, and how they are written."""


class RichProgress(Observer):
    """Step, time left, loss, rate, similarities, effective rank and effective negatives; on standard error.

    Args:
        console: Where to draw; standard error when not given.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._progress = Progress(
            TextColumn("step"),
            MofNCompleteColumn(),
            BarColumn(bar_width=20),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[numbers]}"),
            console=console or Console(stderr=True),
        )
        self._task = self._progress.add_task("train", start=False, numbers="")

    def on_start(self, step: int, total: int) -> None:
        """Draw the line."""
        self._progress.reset(self._task, total=total, completed=step, numbers="")
        self._progress.start()

    def on_log(self, record: Record) -> None:
        """Move it."""
        self._progress.update(self._task, completed=record["step"], numbers=numbers(record))

    def on_end(self, result: TrainResult | None) -> None:
        """Leave it as it is and let go of the terminal."""
        self._progress.stop()


def numbers(record: Record) -> str:
    """What the line says of a record; numbers it lacks are left out."""
    return "  ".join(form.format(record[name]) for name, form in SHOWN.items() if name in record)
