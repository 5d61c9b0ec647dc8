"""Peak memory and throughput of training with and without gradient caching, each in a process of its own.

python benchmarks/training.py            # MiniLM on banking77, batch 32 plain, 256 plain, 256 in chunks of 32
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from results import minilm

from counterpoint.data import Supervision
from counterpoint.experiments.job import start_method
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import DataSource, load_data
from counterpoint.objectives import NTXent
from counterpoint.training import AdamW, TrainSettings, train
from counterpoint.views import Identity, WordDrop

EXAMPLES = 768
CASES = ((32, None), (256, None), (256, 32))


def measure(batch_size: int, chunk: int | None) -> None:
    """Train on the same number of examples and print seconds and bytes as JSON."""
    recipe = Recipe(
        encoder=replace(minilm(), max_length=32),
        objective=NTXent(temperature=0.05),
        supervision=Supervision.VIEWS,
        views=(Identity(), WordDrop(rate=0.1)),
        training=TrainSettings(
            steps=EXAMPLES // batch_size, batch_size=batch_size, cache_chunk=chunk, checkpoint_every=None,
            optimiser=AdamW(learning_rate=1e-5),
        ),
    )  # fmt: skip
    data = load_data(DataSource(data="set:banking77"))
    method = start_method(recipe, data.train)
    # Adam's moments are there from the first step on; counting them as loaded keeps them out of the comparison.
    moments = 8 * sum(parameter.numel() for parameter in method.parameters())
    loaded = _peak()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        train(method, data.train, recipe.training, Path(place))
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "peak": _peak(), "above": _peak() - loaded - moments}))


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Run every case and print a table of ratios to the small batch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", nargs=2, type=int)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    if given.case:
        measure(given.case[0], given.case[1] or None)
        return
    runs: dict[tuple[int, int | None], list[dict[str, float]]] = {case: [] for case in CASES}
    for _ in range(given.repeats):
        for case in CASES:
            command = [sys.executable, __file__, "--case", str(case[0]), str(case[1] or 0)]
            runs[case].append(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    best = {case: {key: min(run[key] for run in found) for key in found[0]} for case, found in runs.items()}
    small = best[CASES[0]]
    print(f"{'batch':>6} {'chunk':>6} {'ms/example':>11} {'ratio':>6}", end=" ")
    print(f"{'peak MiB':>9} {'ratio':>6} {'training MiB':>13} {'ratio':>6}")
    for (batch, chunk), found in best.items():
        ratio = {key: found[key] / small[key] for key in found}
        print(
            f"{batch:>6} {chunk or '-':>6} {1000 * found['seconds'] / EXAMPLES:>11.2f} {ratio['seconds']:>6.2f}",
            end=" ",
        )
        print(f"{found['peak'] / 2**20:>9.0f} {ratio['peak']:>6.2f}", end=" ")
        print(f"{found['above'] / 2**20:>13.0f} {ratio['above']:>6.2f}")


if __name__ == "__main__":
    main()
