"""What a recommender is made of: the recipe of a run on interactions."""

from dataclasses import dataclass

from counterpoint.base.errors import InputError
from counterpoint.experiments.recommend import RecommenderSettings
from counterpoint.methods.graph_contrast import CrossLayer, GraphContrast, NoContrast
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
        items: File that describes items; None where who took them is all there is.
        new_items: Share of the items that are taken out of what is learnt from, whole, to judge how items are found
            that nobody took.

    Raises:
        InputError: One layer, of which XSimGCL's mean of the layers is a copy; or a share out of its range.
    """

    contrast: GraphContrast = NoContrast()
    settings: RecommenderSettings = SETTINGS
    seed: int = 0
    items: str | None = None
    new_items: float = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.contrast, CrossLayer) and self.settings.layers < 2:
            raise InputError(f"layers: the contrast CrossLayer needs at least 2, got {self.settings.layers}")
        if not 0 <= self.new_items < 1:
            raise InputError(f"new_items must be at least 0 and below 1, got {self.new_items}")
