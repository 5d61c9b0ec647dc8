"""What a recommender is made of: the recipe of a run on interactions."""

from dataclasses import dataclass

from counterpoint.experiments.recommend import RecommenderSettings
from counterpoint.methods.graph_contrast import GraphContrast, NoContrast
from counterpoint.methods.item_ranking import SampledSoftmax

SETTINGS = RecommenderSettings(
    layers=2, epochs=100, look=2, patience=3, learning_rate=5e-3, ranking=SampledSoftmax(temperature=0.1)
)


@dataclass(frozen=True, kw_only=True)
class Recommender:
    """How a run on interactions learns.

    Attributes:
        contrast: What is contrasted beside the ranking.
        settings: Sizes, length and ranking.
        seed: Of weights, order, draws and noise.
    """

    contrast: GraphContrast = NoContrast()
    settings: RecommenderSettings = SETTINGS
    seed: int = 0
