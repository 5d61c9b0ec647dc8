"""Tiles of bfloat16 against tiles of float32, on a processor with units for bfloat16, and what the rounding costs.

python benchmarks/bfloat16.py run      # symmetric InfoNCE, NT-Xent, SupCon and SigLIP, N = 4,096 and 8,192, D = 256
python benchmarks/bfloat16.py table

The default plan and the same loss in tiles of 1,024 x 1,024 rounded to bfloat16 take turns, round by round.
"""

import argparse
import platform
import time
from pathlib import Path

import measuring
import ours
import records
from contenders import TITLES
from engine_tables import spread
from torch import Tensor

from counterpoint.pairwise import Plan

FILE = records.RESULTS / "bfloat16.jsonl"
CASES = ("clip", "nt-xent", "sup-con", "sig-lip")
TILES = Plan(1024, 1024, bfloat16=True)


def processor() -> str:
    """Name, and which units for bfloat16 it has."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    found = {name.strip(): value.strip() for name, value in facts.items()}
    units = [flag for flag in ("avx512_bf16", "amx_bf16") if flag in found.get("flags", "").split()]
    return f"{found.get('model name', platform.processor())}, {' and '.join(units) or 'no units'}"


def step(case: str, a: Tensor, b: Tensor, plan: Plan | None) -> tuple[float, float, Tensor]:
    """Seconds, loss, and the gradient of the first view."""
    a, b = a.clone().requires_grad_(), b.clone().requires_grad_()
    began = time.perf_counter()
    loss = PLANNED[case](a, b, plan)
    loss.backward()
    assert a.grad is not None
    return time.perf_counter() - began, loss.item(), a.grad


def planned(case: str):
    """The loss of a case, with a plan as its third argument."""
    loss = ours.built(NAMES[case], temperature=0.07)
    if case == "sup-con":
        return lambda a, b, plan: loss(a, b, labels=ours.dense.classes(a), plan=plan)
    return lambda a, b, plan: loss(a, b, plan=plan)


NAMES = {"clip": "CLIP", "nt-xent": "NTXent", "sup-con": "SupCon", "sig-lip": "SigLIP"}
PLANNED = {case: planned(case) for case in CASES}


def measure(case: str, n: int, rounds: int) -> records.Record:
    """Ratios of seconds round by round, and the error of value and gradient."""
    a, b = measuring.inputs(n, 256)
    step(case, a, b, None), step(case, a, b, TILES)
    ratios = []
    for turn in range(rounds):
        plans = (None, TILES) if turn % 2 else (TILES, None)
        seconds = {plan: step(case, a, b, plan)[0] for plan in plans}
        ratios.append(seconds[None] / seconds[TILES])
    (_, exact, gradient), (_, rounded, other) = step(case, a, b, None), step(case, a, b, TILES)
    error = ((gradient - other).abs().max() / gradient.abs().max()).item()
    return {
        "case": case, "n": n, "ratios": ratios, "loss": abs(exact - rounded), "gradient": error,
        "processor": processor(),
    }  # fmt: skip


def table(known: list[records.Record]) -> str:
    """In Markdown."""
    lines = [
        "| objective | N | times faster | loss differs by | gradient, of its largest entry |",
        "|---|---:|---:|---:|---:|",
    ]
    for one in known:
        title, errors = TITLES[one["case"]], f"{one['loss']:.1g} | {one['gradient']:.2%}"
        lines.append(f"| {title} | {one['n']:,} | {spread(one['ratios'])} | {errors} |")
    return "\n".join([*lines, "", f"On {known[0]['processor']}, {known[0]['threads']} threads."])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("run", "table"))
    parser.add_argument("--sizes", type=int, nargs="+", default=[4096, 8192])
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    known = records.read(FILE)
    if given.what == "run":
        for case in CASES:
            for n in given.sizes:
                if not any((one["case"], one["n"]) == (case, n) for one in known):
                    records.append(FILE, measure(case, n, given.rounds))
                    known = records.read(FILE)
    print(table(known))


if __name__ == "__main__":
    main()
