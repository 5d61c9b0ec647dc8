"""Who is positive or negative to whom."""

from counterpoint.pairs.clusters import Clusters, Members, kmeans, nearest
from counterpoint.pairs.influence import influence, influenced

__all__ = ["Clusters", "Members", "influence", "influenced", "kmeans", "nearest"]
