"""Real processes that talk through gloo, as in training on several devices."""

import datetime
import multiprocessing
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

HERE = Path(__file__).parent
Work = Callable[..., Any]


def run(work: Work, world: int, *arguments: Any, threads: int = 1, timeout: float = 600) -> list[Any]:
    """What ``work(*arguments)`` returns in each of ``world`` processes that have joined one group.

    Raises:
        RuntimeError: A process failed; its traceback is on the screen.
    """
    # Read by the processes that are started: where modules are, and how many threads OpenMP makes.
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    os.environ["OMP_NUM_THREADS"] = str(threads)
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        started = [
            context.Process(target=_joined, args=(work, rank, world, folder, threads, arguments))
            for rank in range(world)
        ]
        for process in started:
            process.start()
        for process in started:
            process.join(timeout=timeout)
            if process.exitcode is None:
                process.kill()
        if any(process.exitcode for process in started):
            raise RuntimeError(f"processes ended with {[process.exitcode for process in started]}")
        return [torch.load(Path(folder) / f"{rank}.pt", weights_only=True) for rank in range(world)]


def _joined(work: Work, rank: int, world: int, folder: str, threads: int, arguments: tuple[Any, ...]) -> None:
    torch.set_num_threads(threads)
    store = dist.FileStore(f"{folder}/store", world)
    timeout = datetime.timedelta(seconds=600)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=world, timeout=timeout)
    try:
        torch.save(work(*arguments), Path(folder) / f"{rank}.pt")
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
        # The others wait for this one in some collective call: no use in leaving politely.
        os._exit(1)
    dist.destroy_process_group()
