"""Who is positive or negative to whom, and how strongly: what is kept between batches to tell."""

from counterpoint.pairs.bands import Bands, band_triplets
from counterpoint.pairs.bank import ClusteredBank
from counterpoint.pairs.census import Census
from counterpoint.pairs.class_priors import class_priors
from counterpoint.pairs.clusters import Clusters, Members, kmeans, nearest
from counterpoint.pairs.columns import Picked
from counterpoint.pairs.described import MetadataKernel, Nearby, Overlap, Similar
from counterpoint.pairs.doubt import Doubted
from counterpoint.pairs.edges import Edges, Linked
from counterpoint.pairs.filters import BelowPositive, HardestOnly
from counterpoint.pairs.global_contrast import GlobalContrast
from counterpoint.pairs.influence import influence, influenced
from counterpoint.pairs.mining import EasiestPositives, HardestPositives, NearestNeighbours, SemiHardNegatives
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
    listed_mixes,
    mixed_modality,
    mixup,
    noise_negatives,
    ordered_mixes,
    ordered_pairs,
    paired_mixes,
    quality_weights,
    replicated,
    shaken,
    told_apart,
    view_quality,
    with_own_negatives,
    worst_noise,
)
from counterpoint.pairs.owned import Owned
from counterpoint.pairs.partly import Graded, WhereKnown
from counterpoint.pairs.queues import ClassQueues, Queue
from counterpoint.pairs.running_covariance import RunningTiCo
from counterpoint.pairs.sampling import DistanceWeighted, Sampled
from counterpoint.pairs.tilted import Tilted
from counterpoint.pairs.triplet_lists import Triplets, triplets
from counterpoint.pairs.within import Apart, Within

__all__ = [
    "Apart",
    "Bands",
    "BelowPositive",
    "Census",
    "ClassQueues",
    "ClusteredBank",
    "Clusters",
    "DistanceWeighted",
    "Doubted",
    "EasiestPositives",
    "Edges",
    "GlobalContrast",
    "Graded",
    "HardestOnly",
    "HardestPositives",
    "LabelGaps",
    "Linked",
    "Members",
    "MetadataKernel",
    "Mixes",
    "Nearby",
    "NearestNeighbours",
    "OrderedMixes",
    "Overlap",
    "Owned",
    "Pairs",
    "Picked",
    "Queue",
    "RunningTiCo",
    "Sampled",
    "SemiHardNegatives",
    "Similar",
    "Tilted",
    "Triplets",
    "WeightedCandidates",
    "WhereKnown",
    "Within",
    "band_triplets",
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
    "listed_mixes",
    "mixed_modality",
    "mixup",
    "nearest",
    "noise_negatives",
    "ordered_mixes",
    "ordered_pairs",
    "paired_mixes",
    "quality_weights",
    "replicated",
    "shaken",
    "told_apart",
    "triplets",
    "view_quality",
    "with_own_negatives",
    "worst_noise",
]
