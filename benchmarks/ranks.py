"""Total work of 2 and 4 local processes with one thread each, against one process with as many threads.

python benchmarks/ranks.py run                                    # symmetric InfoNCE and NT-Xent, N = 8,192 in all
python benchmarks/ranks.py run --sizes 4096 --worlds 2 --repeats 3
python benchmarks/ranks.py table

Work is CPU seconds, summed over processes: the wall clock says nothing of four processes on two cores. One process and
several take turns, round by round; the ratio is within a round. Every process holds N / processes rows of each view.
"""

import argparse
import itertools
import statistics
import sys
import time
from pathlib import Path

import measuring
import ours
import records
import torch.distributed as dist
from contenders import TITLES
from engine_tables import spread

import processes

FILE = records.RESULTS / "ranks.jsonl"
CASES = ("clip", "nt-xent")
MIB = 2**20


def work(case: str, n: int, d: int, repeats: int) -> dict[str, float]:
    """In each process: CPU and wall seconds of one forward and backward pass, and the bytes that it adds."""
    loss = ours.losses()[case]
    a, b = measuring.inputs(n, d)
    share = slice(dist.get_rank() * n // dist.get_world_size(), (dist.get_rank() + 1) * n // dist.get_world_size())
    # Clones: a view would keep all rows in memory.
    a, b = a[share].clone().requires_grad_(), b[share].clone().requires_grad_()
    loss(a, b).backward()
    before = measuring.reset_high_water()
    dist.barrier()
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(repeats):
        a.grad = b.grad = None
        loss(a, b).backward()
    # Before the barrier: in it a process that is done only waits, and some ways of waiting burn CPU time.
    cpu = time.process_time() - cpu
    dist.barrier()
    wall = time.perf_counter() - began
    return {"cpu": cpu / repeats, "wall": wall / repeats, "peak": measuring.high_water() - before}


def measure(case: str, n: int, world: int, given: argparse.Namespace) -> records.Record:
    """One process and several in turns."""
    rounds: dict[str, list[list[dict[str, float]]]] = {"one": [], "several": []}
    for turn in range(given.rounds):
        for name in ("one", "several") if turn % 2 else ("several", "one"):
            size, threads = (1, world) if name == "one" else (world, 1)
            rounds[name].append(processes.run(work, size, case, n, given.d, given.repeats, threads=threads))
    return {"case": case, "n": n, "d": given.d, "processes": world, "rounds": rounds}


def table(found: list[records.Record]) -> str:
    """Markdown: ratios of several processes to one, and the peak of the process that uses most."""
    lines = [
        "| objective | N | processes | CPU seconds, of one | wall seconds, of one | peak MiB of a process | of one |"
    ]
    lines += ["|---|---:|---:|---:|---:|---:|---:|"]
    for one in found:
        pairs = list(zip(one["rounds"]["several"], one["rounds"]["one"], strict=True))
        cpu = [sum(rank["cpu"] for rank in several) / alone["cpu"] for several, (alone,) in pairs]
        wall = [max(rank["wall"] for rank in several) / alone["wall"] for several, (alone,) in pairs]
        peak = statistics.median(max(rank["peak"] for rank in several) for several, _ in pairs)
        alone_peak = statistics.median(alone["peak"] for _, (alone,) in pairs)
        cells = [TITLES[one["case"]], f"{one['n']:,}", str(one["processes"]), spread(cpu), spread(wall)]
        lines.append("| " + " | ".join([*cells, f"{peak / MIB:,.1f}", f"{alone_peak / MIB:,.1f}"]) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measure or print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "table"])
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--sizes", nargs="+", type=int, default=[8192])
    parser.add_argument("--worlds", nargs="+", type=int, default=[2, 4])
    parser.add_argument("--d", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3, help="passes within a round")
    parser.add_argument("--json", type=Path, default=FILE)
    given = parser.parse_args()
    if given.command == "run":
        known = {(one["case"], one["n"], one["processes"], one["d"]) for one in records.read(given.json)}
        for case, n, world in itertools.product(given.cases, given.sizes, given.worlds):
            if (case, n, world, given.d) not in known:
                found = measure(case, n, world, given)
                records.append(given.json, found)
                print(table([found]).splitlines()[-1], flush=True)
    printed = table(records.read(given.json))
    given.json.with_suffix(".md").write_text(printed + "\n", encoding="utf-8")
    print(printed)


if __name__ == "__main__":
    sys.exit(main())
