"""Who is positive or negative to whom, and how strongly: what is kept between batches to tell."""

from counterpoint.pairs.class_priors import class_priors
from counterpoint.pairs.clusters import Clusters, Members, kmeans, nearest
from counterpoint.pairs.described import MetadataKernel, Nearby, Overlap, Similar
from counterpoint.pairs.edges import Edges, Linked
from counterpoint.pairs.filters import BelowPositive, HardestOnly
from counterpoint.pairs.global_contrast import GlobalContrast
from counterpoint.pairs.influence import influence, influenced
from counterpoint.pairs.owned import Owned
from counterpoint.pairs.queues import ClassQueues, Queue
from counterpoint.pairs.running_covariance import RunningTiCo
from counterpoint.pairs.within import Within

__all__ = [
    "BelowPositive",
    "ClassQueues",
    "Clusters",
    "Edges",
    "GlobalContrast",
    "HardestOnly",
    "Linked",
    "Members",
    "MetadataKernel",
    "Nearby",
    "Overlap",
    "Owned",
    "Queue",
    "RunningTiCo",
    "Similar",
    "Within",
    "class_priors",
    "influence",
    "influenced",
    "kmeans",
    "nearest",
]
