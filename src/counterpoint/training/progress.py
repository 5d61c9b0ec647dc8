"""How a run is going: two live lines on a terminal, a line now and then in a file."""

from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from counterpoint.training.observers import Observer, Record, TrainResult

SHOWN = {
    "loss": "loss {:.4f}",
    "positive_similarity": "positive {:+.2f}",
    "negative_similarity": "negative {:+.2f}",
    "effective_rank": "rank {:.1f}",
    "effective_negatives": "eff. negatives {:.1f}",
}
"""Numbers of a record that fit on 80 columns, and how they are written."""

RATE = "examples_per_second"
LINES = 20
"""Lines that a whole run leaves in a file, about."""


class RichProgress(Observer):
    """Step, time left, rate, loss, similarities, effective rank and effective negatives; on standard error.

    Args:
        console: Where to draw; standard error when not given.
    """

    def __init__(self, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        self._shown = _Live(console) if console.is_terminal else _Lines(console)

    def on_start(self, step: int, total: int) -> None:
        """Begin."""
        self._shown.begin(step, total)

    def on_notice(self, text: str) -> None:
        """Say it, above the live lines."""
        self._shown.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def on_log(self, record: Record) -> None:
        """Show where the run is."""
        self._shown.show(record)

    def on_end(self, result: TrainResult | None) -> None:
        """Leave it as it is and let go of the terminal."""
        self._shown.end()


def numbers(record: Record) -> str:
    """What is said of a record; numbers it lacks are left out."""
    return "  ".join(form.format(record[name]) for name, form in SHOWN.items() if name in record)


def rate(record: Record) -> str:
    """How fast it goes."""
    return f"{record[RATE]:,.0f} examples/s" if RATE in record else ""


class _Live(Progress):
    """A bar, and the numbers below it."""

    def __init__(self, console: Console) -> None:
        self._numbers = ""
        super().__init__(
            TextColumn("step"),
            MofNCompleteColumn(),
            BarColumn(bar_width=20),
            TimeRemainingColumn(compact=True),
            TextColumn("left  {task.fields[rate]}"),
            console=console,
        )
        self._task = self.add_task("train", start=False, total=None, rate="")

    def get_renderables(self) -> Iterable[RenderableType]:
        """The bar, then the numbers."""
        yield self.make_tasks_table(self.tasks)
        if self._numbers:
            yield Text(self._numbers)

    def begin(self, step: int, total: int) -> None:
        self.reset(self._task, total=total, completed=step, rate="")
        self.start()

    def show(self, record: Record) -> None:
        self._numbers = numbers(record)
        self.update(self._task, completed=record["step"], rate=rate(record))

    def end(self) -> None:
        self.stop()


class _Lines:
    """A file does not move: a line whenever a twentieth of the run has gone by."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._total = self._next = 0
        self._first: Record | None = None

    def begin(self, step: int, total: int) -> None:
        self._total, self._next, self._first = total, step, None

    def show(self, record: Record) -> None:
        self._first = self._first or record
        step = record["step"]
        if step < self._next and step < self._total:
            return
        self._next = step + max(1, self._total // LINES)
        said = [f"step {step}/{self._total}", self._left(record), rate(record), numbers(record)]
        self.console.print("  ".join(filter(None, said)), markup=False, highlight=False, soft_wrap=True)

    def end(self) -> None:
        pass

    def _left(self, record: Record) -> str:
        """Time left at the pace since the first record: the first step is slower than others."""
        assert self._first is not None
        steps = record["step"] - self._first["step"]
        if not steps or record["step"] == self._total:
            return ""
        seconds = round((record["time"] - self._first["time"]) / steps * (self._total - record["step"]))
        minutes, seconds = divmod(seconds, 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d} left"
