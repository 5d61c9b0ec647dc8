"""LightGCN and contrasts at their own scale: Gowalla, 64 dimensions, 3 layers, batches of 2,048, the official split.

Prints seconds of each epoch (of the clock, and of the processor over all threads), the peak memory of the process and,
every few epochs, Recall@20 and NDCG@20 on the test part beside the published figures. Nothing is chosen by the test:
every look is printed. Usage: python benchmarks/recommend.py [--epochs 5] [--look 5] [--contrast NAME] [--evenly]
"""

import argparse
import json
import resource
import time
from dataclasses import replace

import numpy as np
import torch

from counterpoint.data.interactions import Interactions
from counterpoint.data.sets.interactions import gowalla
from counterpoint.experiments.recommend import Learner, RecommenderSettings, ranking
from counterpoint.methods.graph_contrast import CrossLayer, GlobalView, GraphContrast, NoContrast, Noise

CONTRASTS: dict[str, GraphContrast] = {
    "none": NoContrast(),
    "noise": Noise(),
    "cross-layer": CrossLayer(),
    "global": GlobalView(),
}
"""LightGCN, SimGCL, XSimGCL and LightGCL, each with its usual weight."""
PUBLISHED = {
    ("none", 5): {"recall@20": 0.1071, "ndcg@20": 0.0894},
    ("none", 1000): {"recall@20": 0.1830, "ndcg@20": 0.1554},
}
"""Of LightGCN's public code."""


def evenly(known: Interactions, rng: np.random.Generator) -> Interactions:
    """As many interactions as there are, of users drawn evenly, so that some are there more than once: for one epoch.

    LightGCN's public code draws so; who took few items is met more often than once for each of them.
    """
    users = np.sort(rng.choice(np.unique(known.users), len(known)))
    first, last = known.starts[users], known.starts[users + 1]
    return replace(known, users=users, items=known.items[rng.integers(first, last)])


def main() -> None:
    """Train, and print a line of JSON for each epoch."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--look", type=int, default=5)
    parser.add_argument("--contrast", choices=CONTRASTS, default="none")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--evenly", action="store_true", help="draw users evenly, as LightGCN's code does")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    data = gowalla()
    known = data.known  # LightGCN's code has no validation part: it learns from all that is not test
    learner = Learner(known, CONTRASTS[given.contrast], RecommenderSettings(), seed=given.seed)
    for epoch in range(1, given.epochs + 1):
        began, busy = time.perf_counter(), time.process_time()
        if given.evenly:
            learner.train = evenly(known, learner.rng)
        loss = learner.epoch()
        row = {
            "seed": given.seed,
            "contrast": given.contrast,
            "evenly": given.evenly,
            "epoch": epoch,
            "loss": round(loss, 5),
            "seconds": round(time.perf_counter() - began, 1),
            "processor_seconds": round(time.process_time() - busy, 1),
            "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        }
        if epoch % given.look == 0 or epoch == given.epochs:
            found = ranking(learner.vectors(), known, data.test, groups=())
            row |= {name: round(found[name], 4) for name in ("recall@20", "ndcg@20")}
            row |= {f"published {name}": value for name, value in PUBLISHED.get((given.contrast, epoch), {}).items()}
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
