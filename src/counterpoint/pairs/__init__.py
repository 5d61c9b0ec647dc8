"""Who is positive or negative to whom, and how strongly: what is kept between batches to tell."""

from counterpoint.pairs.class_priors import class_priors
from counterpoint.pairs.clusters import Clusters, Members, kmeans, nearest
from counterpoint.pairs.described import MetadataKernel, Nearby, Overlap, Similar
from counterpoint.pairs.edges import Edges, Linked
from counterpoint.pairs.filters import BelowPositive, HardestOnly
from counterpoint.pairs.global_contrast import GlobalContrast
from counterpoint.pairs.influence import influence, influenced
from counterpoint.pairs.mixing import (
    LabelGaps,
    Mixes,
    OrderedMixes,
    Pairs,
    WeightedCandidates,
    class_pair_keys,
    extrapolated,
    gated_pairs,
    hard_negative_mixes,
    hard_pair_mixes,
    interpolated,
    interpolated_negatives,
    mixed_modality,
    mixup,
    noise_negatives,
    ordered_mixes,
    ordered_pairs,
    quality_weights,
    replicated,
    shaken,
    told_apart,
    view_quality,
    with_own_negatives,
)
from counterpoint.pairs.owned import Owned
from counterpoint.pairs.queues import ClassQueues, Queue

__all__ = [
    "BelowPositive",
    "ClassQueues",
    "Clusters",
    "Edges",
    "GlobalContrast",
    "HardestOnly",
    "LabelGaps",
    "Linked",
    "Members",
    "MetadataKernel",
    "Mixes",
    "Nearby",
    "OrderedMixes",
    "Overlap",
    "Owned",
    "Pairs",
    "Queue",
    "Similar",
    "WeightedCandidates",
    "class_pair_keys",
    "class_priors",
    "extrapolated",
    "gated_pairs",
    "hard_negative_mixes",
    "hard_pair_mixes",
    "influence",
    "influenced",
    "interpolated",
    "interpolated_negatives",
    "kmeans",
    "mixed_modality",
    "mixup",
    "nearest",
    "noise_negatives",
    "ordered_mixes",
    "ordered_pairs",
    "quality_weights",
    "replicated",
    "shaken",
    "told_apart",
    "view_quality",
    "with_own_negatives",
]
