"""How time and memory are measured.

Time: every contender once a round, in one process and in alternating order, so that what slows the machine down slows
all of them; only ratios within a round are reported. Memory: one run in a process of its own.
"""

import gc
import resource
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

Run = Callable[[Tensor, Tensor], None]
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
SMALL = 32
"""Rows of a run that only loads what is loaded on first use; so few that its memory does not hide that of the next."""

WORTH_TIMING = 0.05
"""Seconds: what takes less is repeated within a round."""


def inputs(n: int, d: int, dtype: str = "float32", device: str = "cpu") -> tuple[Tensor, Tensor]:
    """Two views of one random batch, alike but not equal."""
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(n, d, generator=generator)
    b = torch.randn(n, d, generator=generator).add_(a)
    return a.to(device, DTYPES[dtype]), b.to(device, DTYPES[dtype])


def seconds_of(run: Run, a: Tensor, b: Tensor) -> float:
    """One run."""
    a, b = a.detach(), b.detach()
    _wait(a)
    began = time.perf_counter()
    run(a, b)
    _wait(a)
    return time.perf_counter() - began


def rounds(runs: Mapping[str, Run], a: Tensor, b: Tensor, count: int, *, warm: bool) -> dict[str, list[float]]:
    """Seconds of each contender, one entry a round.

    Args:
        runs: By name.
        a: First view.
        b: Second view.
        count: How many rounds.
        warm: Throw away a first round of full size; otherwise one on a few rows only, where a round is long.
    """
    found: dict[str, list[float]] = {name: [] for name in runs}
    repeats = dict.fromkeys(runs, 1)
    for name, run in runs.items():
        if warm:
            seconds_of(run, a, b)
            repeats[name] += int(WORTH_TIMING / seconds_of(run, a, b))
        else:
            seconds_of(run, a[:SMALL], b[:SMALL])
    for turn in range(count):
        for name in list(runs) if turn % 2 else reversed(runs):
            total = sum(seconds_of(runs[name], a, b) for _ in range(repeats[name]))
            found[name].append(total / repeats[name])
    return found


def peak_of(run: Run, a: Tensor, b: Tensor) -> tuple[int, float]:
    """Bytes that one run adds to what is there before it, and its seconds; on the CPU on Linux only."""
    seconds_of(run, a[:SMALL], b[:SMALL])
    gc.collect()
    if a.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        seconds = seconds_of(run, a, b)
        return torch.cuda.max_memory_allocated() - before, seconds
    before = reset_high_water()
    seconds = seconds_of(run, a, b)
    return high_water() - before, seconds


def reset_high_water() -> int:
    """Forget the most memory that this process has used; what it uses now.

    The high-water mark that getrusage knows is inherited from the parent and cannot be reset.
    """
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return high_water()


def high_water() -> int:
    """The most bytes resident since the last reset."""
    return _status("VmHWM")


def limit_memory(gigabytes: float) -> None:
    """Let allocations beyond this fail in this process, instead of the machine running out."""
    most = _status("VmData") + int(gigabytes * 2**30)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _status(name: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith(f"{name}:")))


def _wait(a: Tensor) -> None:
    if a.device.type == "cuda":
        torch.cuda.synchronize()
