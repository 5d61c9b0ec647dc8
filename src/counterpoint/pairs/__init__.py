"""Who is positive or negative to whom, and how strongly: what is kept between batches to tell."""

from counterpoint.pairs.class_priors import class_priors
from counterpoint.pairs.clusters import Clusters, Members, kmeans, nearest
from counterpoint.pairs.columns import Picked
from counterpoint.pairs.described import MetadataKernel, Nearby, Overlap, Similar
from counterpoint.pairs.edges import Edges, Linked
from counterpoint.pairs.filters import BelowPositive, HardestOnly
from counterpoint.pairs.global_contrast import GlobalContrast
from counterpoint.pairs.influence import influence, influenced
from counterpoint.pairs.mining import EasiestPositives, HardestPositives, NearestNeighbours, SemiHardNegatives
from counterpoint.pairs.owned import Owned
from counterpoint.pairs.queues import ClassQueues, Queue
from counterpoint.pairs.running_covariance import RunningTiCo
from counterpoint.pairs.sampling import DistanceWeighted, Sampled
from counterpoint.pairs.triplet_lists import Triplets, triplets
from counterpoint.pairs.within import Within

__all__ = [
    "BelowPositive",
    "ClassQueues",
    "Clusters",
    "DistanceWeighted",
    "EasiestPositives",
    "Edges",
    "GlobalContrast",
    "HardestOnly",
    "HardestPositives",
    "Linked",
    "Members",
    "MetadataKernel",
    "Nearby",
    "NearestNeighbours",
    "Overlap",
    "Owned",
    "Picked",
    "Queue",
    "RunningTiCo",
    "Sampled",
    "SemiHardNegatives",
    "Similar",
    "Triplets",
    "Within",
    "class_priors",
    "influence",
    "influenced",
    "kmeans",
    "nearest",
    "triplets",
]
