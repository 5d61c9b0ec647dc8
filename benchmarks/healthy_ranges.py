"""Where the measures of good models lie, and where those of models broken on purpose: the table of docs/diagnose.md.

    python benchmarks/healthy_ranges.py --seeds 0 1 2

Each model of ``counterpoint.experiments.spoilt`` is trained per seed (about a second) and diagnosed. A line is one
measure that has a healthy range: smallest and largest value of all good models, then of each broken one, with the range
and the limit of a fault. Below it: which faults were named.
"""

import argparse
from collections import defaultdict

from counterpoint.evaluation.diagnosis import DIAGNOSTICS, diagnose
from counterpoint.experiments.spoilt import MODELS


def main() -> None:
    """Train, diagnose, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    seeds = parser.parse_args().seeds
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    named: dict[str, list[str]] = defaultdict(list)
    for name, model in MODELS.items():
        for seed in seeds:
            found = diagnose(model.make(seed))
            named[name].append(" + ".join(fault.name for fault in found.faults) or "none")
            for one in found.findings:
                if one.value is not None:
                    values[one.name]["good" if model.fault is None else name].append(one.value)
    broken = [name for name, model in MODELS.items() if model.fault is not None]
    print(f"| measure | healthy | fault | good | {' | '.join(broken)} |")
    print("|---" * (4 + len(broken)) + "|")
    for one in DIAGNOSTICS:
        healthy = one.healthy
        if healthy == type(healthy)():
            continue
        cells = [_span(values[one.name][column]) for column in ("good", *broken)]
        limits = [_bounds(healthy.low, healthy.high), _bounds(healthy.fault_low, healthy.fault_high, outside=True)]
        print(f"| {' | '.join([one.name, *limits, *cells])} |")
    print("\n| model | fault made | faults named, per seed |\n|---|---|---|")
    for name, model in MODELS.items():
        print(f"| {name} | {model.fault or 'none'} | {', '.join(named[name])} |")


def _span(values: list[float]) -> str:
    if not values:
        return "-"
    low, high = f"{min(values):.3g}", f"{max(values):.3g}"
    return low if low == high else f"{low} to {high}"


def _bounds(low: float | None, high: float | None, *, outside: bool = False) -> str:
    signs = ("<", ">") if outside else ("≥", "≤")
    parts = [f"{sign} {bound:g}" for sign, bound in zip(signs, (low, high), strict=True) if bound is not None]
    return ", ".join(parts) or "-"


if __name__ == "__main__":
    main()
