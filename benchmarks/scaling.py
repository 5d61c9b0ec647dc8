"""How time and memory grow with N: D = 64, from 1,024 to 262,144 rows a side.

python benchmarks/scaling.py run                   # symmetric InfoNCE; resumable, as the results are kept as they come
python benchmarks/scaling.py run --sizes 1024 4096 # a part of it
python benchmarks/scaling.py table                 # Markdown, exponents, and docs/scaling.svg

Every size has a process of its own, in which the bare products and Counterpoint take turns; dense joins while it fits.
The peak is that of Counterpoint's first run.
"""

import argparse
import json
import math
import statistics
import sys
from pathlib import Path

import contenders
import measuring
import records
from chart import Panel, Series, svg
from contenders import COUNTERPOINT, DENSE, PRODUCTS

SCRIPT = Path(__file__)
FILE = records.RESULTS / "scaling.jsonl"
PICTURE = records.HERE.parent / "docs" / "scaling.svg"
SIZES = [1024 * 2**k for k in range(9)]
DENSE_UP_TO = 16_384
FITTED_FROM = 8_192
"""Below, a fixed cost and plans that are still dense hide how things grow."""
MIB = 2**20
FLOAT32 = 4


def work(job: records.Record) -> records.Record:
    """One size: the peak of each contender but the products, and seconds of each round."""
    n, shape = job["n"], tuple(job["shape"])
    names = [PRODUCTS, COUNTERPOINT, *([DENSE] if n <= DENSE_UP_TO else [])]
    runs = {name: contenders.run_of(job["case"], name, shape) for name in names}
    a, b = measuring.inputs(n, job["d"])
    # Ours first: what dense leaves in the allocator would be used again without adding to a peak.
    peaks, seconds = {}, {}
    for name in (COUNTERPOINT, *names[2:]):
        peaks[name], alone = measuring.peak_of(runs[name], a, b)
        seconds[name] = [alone]
    if job["rounds"] > 1:
        seconds = measuring.rounds(runs, a, b, job["rounds"], warm=n < DENSE_UP_TO)
    else:
        seconds[PRODUCTS] = [measuring.seconds_of(runs[PRODUCTS], a, b)]
    return {"peak": peaks, "seconds": seconds}


def rounds_for(n: int) -> int:
    """Fewer where one takes minutes."""
    return 7 if n < 16_384 else 3 if n <= 65_536 else 1


def measure(given: argparse.Namespace) -> None:
    """Every size that the file does not hold yet."""
    known = {(one["case"], one["n"], one["d"]) for one in records.read(given.json)}
    for n in given.sizes:
        key = {"case": given.case, "n": n, "d": given.d}
        if tuple(key.values()) in known:
            continue
        job = {**key, "shape": given.shape, "rounds": rounds_for(n)}
        found = records.in_own_process(SCRIPT, job)
        if "failed" in found:
            print(f"N = {n:,}: {found['failed']}", file=sys.stderr)
            continue
        records.append(given.json, {**key, **found})
        print(_row({**key, **found}), flush=True)


def exponent(points: dict[int, float]) -> float:
    """Slope of the least-squares line through the logarithms."""
    x, y = [math.log(n) for n in points], [math.log(value) for value in points.values()]
    return statistics.linear_regression(x, y).slope


def _row(one: records.Record) -> str:
    n, d = one["n"], one["d"]
    seconds = one["seconds"]
    ratio = statistics.median(x / y for x, y in zip(seconds[COUNTERPOINT], seconds[PRODUCTS], strict=True))
    mine = one["peak"][COUNTERPOINT]
    dense = f"{one['peak'][DENSE] / MIB:,.0f}" if DENSE in one["peak"] else f"({FLOAT32 * n * n / MIB:,.0f} a matrix)"
    cells = [f"{n:,}", f"{statistics.median(seconds[COUNTERPOINT]):.3g}", f"{ratio:.2f}", f"{mine / MIB:,.1f}"]
    return "| " + " | ".join([*cells, f"{mine / (2 * n * d * FLOAT32):.2f}", dense]) + " |"


def table(found: list[records.Record]) -> str:
    """Markdown, and how both grow."""
    lines = ["| N | seconds | x products | peak MiB | peak / bytes of the inputs | dense MiB |", "|---:" * 6 + "|"]
    lines += [_row(one) for one in found]
    fitted = [one for one in found if one["n"] >= FITTED_FROM]
    if len(fitted) > 1:
        time = exponent({one["n"]: statistics.median(one["seconds"][COUNTERPOINT]) for one in fitted})
        memory = exponent({one["n"]: one["peak"][COUNTERPOINT] for one in fitted})
        lines += ["", f"From N = {fitted[0]['n']:,} on, time grows as N^{time:.2f} and memory as N^{memory:.2f}."]
    return "\n".join(lines)


def picture(found: list[records.Record]) -> str:
    """Time and memory over N, on logarithmic axes."""
    labels = {COUNTERPOINT: "Counterpoint", DENSE: "dense", PRODUCTS: "bare products"}
    time, memory = [], []
    for name, label in labels.items():
        points = {one["n"]: statistics.median(one["seconds"][name]) for one in found if name in one["seconds"]}
        time.append(Series(label, points))
        points = {one["n"]: one["peak"][name] / MIB for one in found if name in one["peak"]}
        memory.append(Series(label, points))
    memory.append(Series("inputs", {one["n"]: 2 * one["n"] * one["d"] * FLOAT32 / MIB for one in found}))
    return svg(
        [Panel("seconds, forward and backward", time), Panel("MiB beyond the inputs", [s for s in memory if s.points])]
    )


def main() -> None:
    """Measure or print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "table", "work"])
    parser.add_argument("job", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("--case", choices=contenders.CASES, default="clip")
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES)
    parser.add_argument("--d", type=int, default=64)
    parser.add_argument("--shape", nargs=2, type=int, default=[512, 2048], help="blocks of the bare products")
    parser.add_argument("--json", type=Path, default=FILE)
    parser.add_argument("--svg", type=Path, default=PICTURE)
    given = parser.parse_args()
    if given.command == "work":
        print(json.dumps(work(json.loads(given.job))))
        return
    if given.command == "run":
        measure(given)
    every = [one for one in records.read(given.json) if (one["case"], one["d"]) == (given.case, given.d)]
    found = sorted(every, key=lambda one: one["n"])
    if not found:
        sys.exit(f"nothing is measured yet in {given.json}")
    printed = table(found)
    given.json.with_suffix(".md").write_text(printed + "\n", encoding="utf-8")
    given.svg.write_text(picture(found), encoding="utf-8")
    print(printed)


if __name__ == "__main__":
    main()
