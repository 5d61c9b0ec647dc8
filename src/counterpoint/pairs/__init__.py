"""Who is positive or negative to whom, and how strongly: what is kept between batches to tell."""

from counterpoint.pairs.class_priors import class_priors
from counterpoint.pairs.clusters import Clusters, Members, kmeans, nearest
from counterpoint.pairs.global_contrast import GlobalContrast
from counterpoint.pairs.influence import influence, influenced
from counterpoint.pairs.running_covariance import RunningTiCo
from counterpoint.pairs.within import Within

__all__ = [
    "Clusters",
    "GlobalContrast",
    "Members",
    "RunningTiCo",
    "Within",
    "class_priors",
    "influence",
    "influenced",
    "kmeans",
    "nearest",
]
