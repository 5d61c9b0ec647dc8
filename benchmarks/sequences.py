"""SASRec at its own scale: Beauty, Sports or Toys with 5 reviews or more, the last item to judge, all items ranked.

Prints a line of JSON with HR@10 and NDCG@10 on the validation and on the test part beside the published figures of
SASRec, which learns by one drawn item a place; ours tells the next item from all. Steps are to be chosen by the
validation part. Usage: python benchmarks/sequences.py [--category Beauty] [--steps 3000] [--seed 0]
[--contrast none|data|meta]
"""

import argparse
import json
import time

import torch

from counterpoint.data.sets.interactions import Category, amazon
from counterpoint.experiments.next_item import SequenceLearner, SequenceSettings
from counterpoint.experiments.recommend import ranking
from counterpoint.methods.sequence_contrast import DataAugmentation, MetaAugmentation, SequenceContrast

PUBLISHED = {
    Category.BEAUTY: (0.0605, 0.0318),
    Category.SPORTS: (0.0350, 0.0192),
    Category.TOYS: (0.0675, 0.0374),
}
"""HR@10 and NDCG@10 of SASRec with full ranking, in the table of S3-Rec's public code."""
CONTRASTS: dict[str, SequenceContrast | None] = {
    "none": None,
    "data": DataAugmentation(weight=0.01),
    "meta": MetaAugmentation(weight=0.01, meta_weight=0.01),
}


def main() -> None:
    """Train, and print a line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--category", type=Category, choices=list(Category), default=Category.BEAUTY)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--dropout", type=float, default=0.5)
    parser.add_argument("--longest", type=int, default=50, help="items of a sequence that are read")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--contrast", choices=CONTRASTS, default="none")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    data = amazon(given.category)
    settings = SequenceSettings(
        steps=given.steps, longest=given.longest, batch=256, learning_rate=given.rate, dropout=given.dropout
    )
    began = time.perf_counter()
    learner = SequenceLearner(data, settings, seed=given.seed, contrast=CONTRASTS[given.contrast])
    learner.learn()
    row = {
        "category": given.category.value,
        "contrast": given.contrast,
        "steps": given.steps,
        "seed": given.seed,
        "longest": given.longest,
    }
    for part, known, judged in (("validation", data.train, data.validation), ("test", data.known, data.test)):
        found = ranking(learner.vectors(known), known, judged, groups=())
        row |= {
            f"{part} {name}": round(found[measure], 4)
            for name, measure in (("HR@10", "recall@10"), ("NDCG@10", "ndcg@10"))
        }
    published = dict(zip(("published HR@10", "published NDCG@10"), PUBLISHED[given.category], strict=True))
    print(json.dumps(row | published | {"seconds": round(time.perf_counter() - began)}), flush=True)


if __name__ == "__main__":
    main()
