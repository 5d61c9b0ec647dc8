"""The process that is killed: for every folder named on its input it forks a child that embeds slowly into it.

Importing torch takes seconds and forking milliseconds, so that several kills cost little.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

from counterpoint.retrieval import embed

ROWS, SHARD_ROWS, BATCH_SIZE = 120, 20, 5


class Corpus:
    """Texts ``"0"``, ``"1"`` and so on, named."""

    fingerprint = "numbers"

    def __len__(self) -> int:
        return ROWS

    def content(self, rows: np.ndarray) -> list[str]:
        return [str(row) for row in rows]

    def ids(self, rows: np.ndarray) -> list[str]:
        return [f"id {row}" for row in rows]


class Slow:
    """Writes down every row it encodes, then takes its time."""

    def __init__(self, log: Path, seconds: float) -> None:
        self.log, self.seconds = log, seconds

    def __call__(self, texts: list[str]) -> np.ndarray:
        with open(self.log, "a") as handle:
            handle.write("".join(f"{text}\n" for text in texts))
        time.sleep(self.seconds)
        return np.stack([np.random.default_rng(int(text)).normal(size=64) for text in texts])


def work(folder: Path, log: Path, seconds: float) -> None:
    """Embed, or go on with it."""
    embed(Corpus(), Slow(log, seconds), folder, model="m", shard_rows=SHARD_ROWS, batch_size=BATCH_SIZE)


def say(number: int) -> None:
    """One line on standard output, at once."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def serve() -> None:
    """Fork a child for each line ``[folder, log, seconds]``; print its number, and its exit code once it ended."""
    for line in sys.stdin:
        folder, log, seconds = json.loads(line)
        child = os.fork()
        if child == 0:
            work(Path(folder), Path(log), seconds)
            os._exit(0)
        say(child)
        say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    serve()
