"""Time and memory of every measure of a diagnosis on a mapped file of many vectors.

python benchmarks/diagnosis_scale.py --rows 10000000 --dim 64

Vectors are unit sums of one of 1,000 centres and noise, positives are nearby draws, one row in a hundred is a copy of
another. The file is written block by block and mapped, so that what a measure allocates is what it needs itself.
"""

import argparse
import json
import resource
import time
from pathlib import Path

import numpy as np

from counterpoint.evaluation.diagnosis import DIAGNOSTICS, Subject, diagnose

BLOCK = 250_000
CENTRES = 1_000


def write(path: Path, rows: int, dim: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Anchors, positives and labels, mapped."""
    centres = np.random.default_rng(0).normal(size=(CENTRES, dim)).astype(np.float32)
    shapes = {"anchors": (rows, dim), "positives": (rows, dim), "labels": (rows,)}
    types = {"anchors": np.float32, "positives": np.float32, "labels": np.int64}
    files = {
        name: np.lib.format.open_memmap(path / f"{name}.npy", mode="w+", dtype=types[name], shape=shape)
        for name, shape in shapes.items()
    }
    for start in range(0, rows, BLOCK):
        rng = np.random.default_rng([1, start])
        stop = min(start + BLOCK, rows)
        labels = rng.integers(CENTRES, size=stop - start)
        around = centres[labels]
        for name in ("anchors", "positives"):
            drawn = around + rng.standard_normal(around.shape, dtype=np.float32)
            drawn[1::100] = drawn[:-1:100][: len(drawn[1::100])]
            files[name][start:stop] = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
        files["labels"][start:stop] = labels
    return tuple(np.load(path / f"{name}.npy", mmap_mode="r") for name in files)  # pyright: ignore[reportReturnType]


def main() -> None:
    """Write, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--folder", type=Path, default=Path("vectors-at-scale"))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    anchors, positives, labels = write(given.folder, given.rows, given.dim)
    subject = Subject(anchors=anchors, positives=positives, labels=labels, temperature=0.05)
    for one in DIAGNOSTICS:
        start = time.perf_counter()
        found = diagnose(subject, (one,)).findings[0]
        seconds = time.perf_counter() - start
        said = {"measure": one.name, "seconds": round(seconds, 2), "state": found.state, "value": found.value}
        said |= {"low": found.low, "high": found.high, "peak_mib": _peak() // 2**20}
        print(json.dumps(said), flush=True)


def _peak() -> int:
    """Bytes of this process's own memory at most so far; the mapped files count as far as they were read."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
