"""LightGCN and contrasts at their own scale: Gowalla or Douban-Book, 64 dimensions, 3 layers, batches of 2,048.

Prints seconds of each epoch (of the clock, and of the processor over all threads), the peak memory of the process and,
every few epochs, Recall@20 and NDCG@20 on the test part beside the published figures. Nothing is chosen by the test:
every look is printed. With --validate one in ten of each user's items is kept from training, and every look prints
Recall@20 of these as well, by which the number of epochs can be chosen. Usage: python benchmarks/recommend.py
[--data gowalla|douban_book] [--epochs 5] [--look 5] [--contrast NAME] [--weight W] [--evenly] [--validate]
"""

import argparse
import json
import resource
import time
from dataclasses import replace

import numpy as np
import torch

from counterpoint.data.interactions import Interactions, Split
from counterpoint.data.sets.interactions import douban_book, gowalla
from counterpoint.experiments.recommend import Learner, RecommenderSettings, ranking
from counterpoint.methods.graph_contrast import CrossLayer, EdgeDrop, GlobalView, GraphContrast, NoContrast, Noise

DATA = {"gowalla": gowalla, "douban_book": douban_book}
CONTRASTS: dict[str, GraphContrast] = {
    "none": NoContrast(),
    "edge-drop": EdgeDrop(),
    "noise": Noise(),
    "cross-layer": CrossLayer(),
    "global": GlobalView(),
}
"""LightGCN, SGL, SimGCL, XSimGCL and LightGCL, each with its usual weight."""
PUBLISHED = {
    ("gowalla", "none", 5): {"recall@20": 0.1071, "ndcg@20": 0.0894},
    ("gowalla", "none", 1000): {"recall@20": 0.1830, "ndcg@20": 0.1554},
}
"""Of LightGCN's public code. What is published for Douban-Book is of another version of it."""


def evenly(known: Interactions, rng: np.random.Generator) -> Interactions:
    """As many interactions as there are, of users drawn evenly, so that some are there more than once: for one epoch.

    LightGCN's public code draws so; who took few items is met more often than once for each of them.
    """
    users = np.sort(rng.choice(np.unique(known.users), len(known)))
    first, last = known.starts[users], known.starts[users + 1]
    return replace(known, users=users, items=known.items[rng.integers(first, last)])


def looked_at(learner: Learner, data: Split, known: Interactions, *, validate: bool) -> dict[str, float]:
    """Recall@20 and NDCG@20 on the test part and, where it was not learnt from, Recall@20 on the validation part."""
    vectors = learner.vectors()
    found = ranking(vectors, data.known, data.test, groups=())
    row = {name: round(found[name], 4) for name in ("recall@20", "ndcg@20")}
    if validate:
        validation = ranking(vectors, known, data.validation, groups=())
        row["validation recall@20"] = round(validation["recall@20"], 4)
    return row


def options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", choices=DATA, default="gowalla")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--look", type=int, default=5)
    parser.add_argument("--contrast", choices=CONTRASTS, default="none")
    parser.add_argument("--weight", type=float, help="of the contrast, in place of its usual one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--evenly", action="store_true", help="draw users evenly, as LightGCN's code does")
    parser.add_argument("--validate", action="store_true", help="keep the validation part from training")
    return parser.parse_args()


def main() -> None:
    """Train, and print a line of JSON for each epoch."""
    given = options()
    torch.set_num_threads(given.threads)
    data = DATA[given.data]()
    contrast = CONTRASTS[given.contrast]
    if given.weight is not None:
        contrast = replace(contrast, weight=given.weight)
    # LightGCN's code has no validation part: it learns from all that is not test
    known = data.train if given.validate else data.known
    learner = Learner(known, contrast, RecommenderSettings(), seed=given.seed)
    for epoch in range(1, given.epochs + 1):
        began, busy = time.perf_counter(), time.process_time()
        if given.evenly:
            learner.train = evenly(known, learner.rng)
        loss = learner.epoch()
        row = {
            "data": given.data,
            "seed": given.seed,
            "contrast": given.contrast,
            "weight": contrast.weight,
            "evenly": given.evenly,
            "epoch": epoch,
            "loss": round(loss, 5),
            "seconds": round(time.perf_counter() - began, 1),
            "processor_seconds": round(time.process_time() - busy, 1),
            "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        }
        if epoch % given.look == 0 or epoch == given.epochs:
            row |= looked_at(learner, data, known, validate=given.validate)
            published = PUBLISHED.get((given.data, given.contrast, epoch), {})
            row |= {f"published {name}": value for name, value in published.items()}
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
