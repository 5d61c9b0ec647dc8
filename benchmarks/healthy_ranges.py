"""Where the measures of good models lie, and where those of models broken on purpose: the table of docs/diagnose.md.

    python benchmarks/healthy_ranges.py --seeds 0 1 2
    python benchmarks/healthy_ranges.py --seeds 0 1 2 --data cifar10   # pictures on which no limit was set

Each model of ``counterpoint.experiments.spoilt`` is trained per seed (about a second) and diagnosed. A line is one
measure that has a healthy range: smallest and largest value of all good models, then of each broken one, with the range
and the limit of a fault. Below it: which faults were named.
"""

import argparse
from collections import defaultdict

import numpy as np
import torch
from torch.nn.functional import avg_pool2d

from counterpoint.data import Examples, infer_roles, named
from counterpoint.evaluation.diagnosis import DIAGNOSTICS, diagnose
from counterpoint.experiments.spoilt import MODELS, TRAINED, Pictures, digits


def fashion() -> Pictures:
    """Clothes, 14 x 14."""
    return _pictures("fashion_mnist_partial")


def cifar10() -> Pictures:
    """Grey photographs, 16 x 16."""
    return _pictures("cifar10")


def _pictures(name: str) -> Pictures:
    """1,200 training images of a named set and 1,000 official test ones, grey, each pixel the mean of 2 x 2."""
    found = named(name)
    grey, labels = [], []
    for table, count in ((found.train, TRAINED), (found.test, 1_000)):
        examples = Examples(table, infer_roles(table, found.overrides))
        images = np.asarray(examples.batch(np.arange(count)).anchor)
        grey.append(torch.from_numpy(images).float().mean(1, keepdim=True))
        labels.append(examples.labels[:count])
    pixels = avg_pool2d(torch.cat(grey), 2).flatten(1)
    return Pictures((pixels - pixels.mean()) / pixels.std(), torch.from_numpy(np.concatenate(labels)).long())


DATA = {"digits": digits, "fashion": fashion, "cifar10": cifar10}


def main() -> None:
    """Train, diagnose, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--data", choices=DATA, default="digits")
    given = parser.parse_args()
    seeds, data = given.seeds, DATA[given.data]()
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    named: dict[str, list[str]] = defaultdict(list)
    for name, model in MODELS.items():
        for seed in seeds:
            found = diagnose(model.make(seed, data))
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
