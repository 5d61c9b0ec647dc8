"""Predicted against measured: seconds and peak bytes of a few objectives at a few sizes, with and without a budget.

    python benchmarks/explain.py [--threads 1] [--sizes 512,2048,4096]

Seconds are the median of three runs; bytes are what the allocator records. Both say what was predicted before.
"""

import argparse
import statistics
import time
from functools import cache

import torch
from torch.profiler import ProfilerActivity, profile

from counterpoint.objectives import CLIP, DCL, BarlowTwins, BatchHardTriplet, NTXent, SigLIP, SmoothAP
from counterpoint.pairwise import Budget, Objective, explain

OBJECTIVES = (CLIP(), NTXent(), DCL(), SigLIP(), SmoothAP(), BatchHardTriplet(), BarlowTwins())
D, RUNS = 256, 3
SHARES = (None, 0.7)
"""Budgets, in predicted peaks of the call without one."""


def step(objective: Objective, n: int, budget: int | None) -> None:
    """Forward and backward."""
    a, b = embeddings(n)
    a.grad = b.grad = None
    objective(a, b, plan=None if budget is None else Budget(budget)).backward()


@cache
def embeddings(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(0)
    return torch.randn(n, D, generator=g).requires_grad_(), torch.randn(n, D, generator=g).requires_grad_()


def seconds(objective: Objective, n: int, budget: int | None) -> float:
    step(objective, n, budget)
    found = []
    for _ in range(RUNS):
        began = time.perf_counter()
        step(objective, n, budget)
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def peak(objective: Objective, n: int, budget: int | None) -> int:
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        step(objective, n, budget)
    events = record.profiler.kineto_results.events()
    live = most = 0
    for _, change in sorted((event.start_ns(), event.nbytes()) for event in events if event.name() == "[memory]"):
        live += change
        most = max(most, live)
    return most


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--sizes", default="512,2048,4096")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    columns = ("objective", "n", "path", "tile", "kept", "said s", "took s", "ratio", "said MB", "held MB", "ratio")
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    for n in map(int, given.sizes.split(",")):
        for objective in OBJECTIVES:
            for share in SHARES:
                row(objective, n, share)


def row(objective: Objective, n: int, share: float | None) -> None:
    budget = None if share is None else int(share * explain(objective, n, d=D).peak_bytes)
    try:
        said = explain(objective, n, d=D, budget=budget)
    except ValueError:  # what cannot be avoided is more than this share
        return
    took, held = seconds(objective, n, budget), peak(objective, n, budget)
    cells = (
        type(objective).__name__, n, said.path.value, f"{said.tiles.rows} x {said.tiles.cols}", said.tiles.kept,
        f"{said.seconds:.3g}", f"{took:.3g}", f"{said.seconds / took:.2f}",
        f"{said.peak_bytes / 1e6:.3g}", f"{held / 1e6:.3g}", f"{said.peak_bytes / held:.2f}",
    )  # fmt: skip
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


if __name__ == "__main__":
    main()
