"""The folder of a comparison: everything it found, each finished run at once, so that a kill loses one run at most."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from counterpoint.base.errors import CheckpointError
from counterpoint.base.files import write_text


@dataclass(frozen=True)
class CompareFolder:
    """Paths of one comparison.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def plan(self) -> Path:
        """What was asked for, what one step was measured to cost, and what will run."""
        return self.path / "plan.json"

    @property
    def trials(self) -> Path:
        """One line of JSON for each trial of tuning."""
        return self.path / "trials.jsonl"

    @property
    def runs(self) -> Path:
        """One line of JSON for each tuned run on the test rows, with what every row had to do with it."""
        return self.path / "runs.jsonl"

    @property
    def verdict(self) -> Path:
        """Table, differences and words."""
        return self.path / "verdict.json"

    @property
    def recipe(self) -> Path:
        """The recommended recipe; ``counterpoint train --recipe`` takes it."""
        return self.path / "recommended.py"

    @property
    def page(self) -> Path:
        """The page to look at."""
        return self.path / "report.html"

    def files(self) -> tuple[Path, ...]:
        """All that a comparison writes."""
        return (self.plan, self.trials, self.runs, self.verdict, self.recipe, self.page)

    def clear(self) -> None:
        """Delete what a comparison left; other files stay."""
        for file in self.files():
            file.unlink(missing_ok=True)


class Lines:
    """A file of JSON lines that is always whole: a new line means that the file is replaced.

    Args:
        path: Read when it is there.

    Raises:
        CheckpointError: A line is not JSON.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._texts = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        try:
            self._found: list[dict[str, Any]] = [json.loads(text) for text in self._texts]
        except json.JSONDecodeError as error:
            raise CheckpointError(f"{path} is damaged: {error}") from error

    def add(self, line: dict[str, Any]) -> None:
        """Keep one more line.

        Raises:
            StorageError: It cannot be written.
        """
        self._texts.append(json.dumps(line, allow_nan=False))
        write_text(self._path, "\n".join(self._texts) + "\n")
        self._found.append(line)

    def where(self, **wanted: Any) -> list[dict[str, Any]]:
        """The lines that say this, in order."""
        return [one for one in self._found if all(one.get(name) == value for name, value in wanted.items())]
