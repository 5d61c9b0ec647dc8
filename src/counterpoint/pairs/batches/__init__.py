"""Batch building: which rows share a batch.

    plan = ClassBalanced(per_class=4).plan(rows, batch_size=64, seed=0)
    for epoch in range(3):
        for batch in plan.epoch(epoch):  # int64 [64], row numbers
            ...

In a training run: ``TrainSettings(batch_size=64, batches=ClassBalanced(per_class=4), epochs=3)``.
"""

from counterpoint.pairs.batches.balanced import ClassBalanced
from counterpoint.pairs.batches.binding import BatchBinding
from counterpoint.pairs.batches.communities import HardCommunities
from counterpoint.pairs.batches.contract import NOTHING, Batching, BatchPlan, Rows
from counterpoint.pairs.batches.curriculum import Curriculum
from counterpoint.pairs.batches.disjoint import ClassDisjoint
from counterpoint.pairs.batches.duplicates import NoDuplicates
from counterpoint.pairs.batches.identity import identities, identity
from counterpoint.pairs.batches.neighbourhood import Neighbourhood
from counterpoint.pairs.batches.propensity import InversePropensity, draw_candidates, inverse_propensity
from counterpoint.pairs.batches.rows import KnownRows
from counterpoint.pairs.batches.shuffled import Shuffled
from counterpoint.pairs.batches.sources import SingleSource, Turns
from counterpoint.pairs.batches.statistics import expected_rate, false_negative_rate, links_within, same_label_pairs
from counterpoint.pairs.batches.stream import StreamBatches
from counterpoint.pairs.batches.tasks import JoinedRows, SingleTask

__all__ = [
    "NOTHING",
    "BatchBinding",
    "BatchPlan",
    "Batching",
    "ClassBalanced",
    "ClassDisjoint",
    "Curriculum",
    "HardCommunities",
    "InversePropensity",
    "JoinedRows",
    "KnownRows",
    "Neighbourhood",
    "NoDuplicates",
    "Rows",
    "Shuffled",
    "SingleSource",
    "SingleTask",
    "StreamBatches",
    "Turns",
    "draw_candidates",
    "expected_rate",
    "false_negative_rate",
    "identities",
    "identity",
    "inverse_propensity",
    "links_within",
    "same_label_pairs",
]
