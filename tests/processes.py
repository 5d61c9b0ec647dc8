"""Processes that work together as ranks: the one way in which tests start more than one process.

They are forked from a server that has imported torch and the package once, and has no thread or state of the tests'
own process. What they run must be importable: a function of a module beside the test, or a partial of one.
"""

import datetime
import multiprocessing
import os
import tempfile
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

Work = Callable[[int, int], object]
"""From the rank and the number of ranks to what ``torch.load`` reads back without running code."""

PRELOADED = ["processes", "torch._dynamo", "counterpoint.objectives", "counterpoint.training"]
LONGEST = 240.0
"""Seconds for all that processes do; on a busy machine most of it is waiting for a processor."""


def together(work: Work, world: int) -> list[Any]:
    """What ``work`` returned on each rank; an AssertionError with the traceback when one of them failed."""
    codes, found, errors = _run(work, world, seconds=LONGEST / 2, mourn=False)
    assert codes == [0] * world, f"ranks left with exit codes {codes}:\n" + "\n".join(errors)
    return [found[rank] for rank in range(world)]


def some_may_die(work: Work, world: int, *, seconds: float) -> tuple[list[int | None], dict[int, Any]]:
    """Exit codes, and what the ranks returned that did not die; a collective gives up after ``seconds``."""
    codes, found, _ = _run(work, world, seconds=seconds, mourn=True)
    return codes, found


def _run(work: Work, world: int, *, seconds: float, mourn: bool) -> tuple[list[int | None], dict[int, Any], list[str]]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with tempfile.TemporaryDirectory() as folder:
        started = [context.Process(target=_rank, args=(work, r, world, folder, seconds, mourn)) for r in range(world)]
        for process in started:
            process.start()
        codes = _ended(started, mourn=mourn)
        left = {rank: Path(folder, f"{rank}.pt") for rank in range(world)}
        found = {rank: torch.load(path, weights_only=True) for rank, path in left.items() if path.exists()}
        errors = [path.read_text() for path in sorted(Path(folder).glob("*.txt"))]
    return codes, found, errors


def _ended(started: list[BaseProcess], *, mourn: bool) -> list[int | None]:
    """Exit codes. Unless it is the subject of the test, nobody waits for a rank that has failed: the rest are ended."""
    deadline = time.monotonic() + LONGEST
    while alive := [process.sentinel for process in started if process.exitcode is None]:
        wait(alive, timeout=max(0.0, deadline - time.monotonic()))
        failed = not mourn and any(process.exitcode for process in started)
        if failed or time.monotonic() >= deadline:
            break
    codes = [process.exitcode for process in started]
    for process in started:
        process.kill()
        process.join()
    return codes


def _rank(work: Work, rank: int, world: int, folder: str, seconds: float, mourn: bool) -> None:
    """One process: join the others, work, and leave what was found, or the traceback, in the folder."""
    torch.set_num_threads(1)
    store = dist.FileStore(f"{folder}/store", world)
    timeout = datetime.timedelta(seconds=seconds)
    try:
        dist.init_process_group("gloo", store=store, rank=rank, world_size=world, timeout=timeout)
        torch.save(work(rank, world), Path(folder, f"{rank}.pt"))
    except BaseException:
        Path(folder, f"{rank}.txt").write_text(f"Rank {rank} of {world}:\n{traceback.format_exc()}")
        raise
    if mourn:
        # A group of which one is dead cannot be left in good order.
        os._exit(0)
    dist.destroy_process_group()
