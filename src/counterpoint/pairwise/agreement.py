"""Before anything is exchanged, ranks compare what they are about to do: a difference is an error, not a hang."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from counterpoint.base.errors import InputError
from counterpoint.pairwise.arrange import Problem
from counterpoint.pairwise.ring import ALONE, Ranks

_LETTERS = 511
_PER_NUMBER = 7  # bytes of text that fit an int64 without touching its sign


@dataclass(frozen=True)
class Together:
    """The processes of one call and how many rows each brings.

    Attributes:
        ranks: The processes.
        anchors: Rows of each.
        candidates: Columns of each; one number where all ranks have the same.
    """

    ranks: Ranks
    anchors: tuple[int, ...]
    candidates: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows of the largest rank, and all columns: what decisions that must not differ go by."""
        return max(self.anchors), sum(self.candidates)


def agree(ranks: Ranks, call: str, make: Callable[[], Problem]) -> tuple[Problem, Together]:
    """Make the problem on every rank, or raise on every rank.

    Args:
        ranks: The processes.
        call: Objective and settings, which must be the same everywhere.
        make: Checks the arguments of this rank.

    Raises:
        InputError: This rank's arguments do not fit, another rank's do not, or ranks call different things.
    """
    if ranks.size == 1:
        problem = make()
        return problem, Together(ALONE, (problem.anchors.shape[0],), (problem.candidates.shape[0],))
    try:
        problem = make()
    except Exception:  # whatever it is, the others must not wait for this rank
        _tell(ranks, (0, 0), "")
        raise
    told = _tell(ranks, (problem.anchors.shape[0], problem.candidates.shape[0]), f"{_describe(problem)}: {call}")
    refused = [rank for rank, (sizes, _) in enumerate(told) if sizes[0] == 0]
    if refused:
        raise InputError(f"rank(s) {refused} refused their input and said why; this rank's was good")
    mine = told[ranks.index][1]
    for rank, (_, other) in enumerate(told):
        if other != mine:
            raise InputError(f"ranks must make one call: rank {ranks.index} calls {mine}, rank {rank} calls {other}")
    columns = (problem.candidates.shape[0],) if problem.relation.shared else tuple(sizes[1] for sizes, _ in told)
    return problem, Together(ranks, tuple(sizes[0] for sizes, _ in told), columns)


def _describe(problem: Problem) -> str:
    dtype = str(problem.anchors.dtype).removeprefix("torch.")
    return f"D = {list(problem.anchors.shape[1:])} {dtype}, {problem.relation.told}"


def _tell(ranks: Ranks, sizes: tuple[int, int], text: str) -> list[tuple[tuple[int, int], str]]:
    """Everybody's sizes and text, in one message of fixed length."""
    letters = _fitting(text.encode()).ljust(_LETTERS + -_LETTERS % _PER_NUMBER, b" ")
    words = [int.from_bytes(letters[i : i + _PER_NUMBER], "big") for i in range(0, len(letters), _PER_NUMBER)]
    told: list[tuple[tuple[int, int], str]] = []
    for n, m, *numbers in ranks.meet([*sizes, *words]):
        read = b"".join(one.to_bytes(_PER_NUMBER, "big") for one in numbers)
        told.append(((n, m), read.decode(errors="replace").rstrip()))
    return told


def _fitting(text: bytes) -> bytes:
    """The text, or its beginning and a digest of all of it: what is cut off must not go unnoticed."""
    if len(text) <= _LETTERS:
        return text
    digest = hashlib.sha256(text).hexdigest()[:16].encode()
    return text[: _LETTERS - len(digest) - 1] + b" " + digest
