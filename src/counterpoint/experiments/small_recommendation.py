"""What papers on recommenders of graphs share: one set of interactions, settings, and usual contrasts to beat."""

from collections.abc import Mapping

from counterpoint.data.sets.interactions import Category, InteractionSet, amazon
from counterpoint.experiments.claim import Figures, Setting
from counterpoint.experiments.recommend import RecommenderSettings, judged
from counterpoint.methods.graph_contrast import EdgeDrop, GraphContrast, NoContrast, Noise

PLAIN, SGL, SIMGCL = NoContrast(), EdgeDrop(weight=0.1, share=0.1), Noise(weight=0.2, noise=0.1)
"""LightGCN alone, and two contrasts with the usual weights of their papers."""

SETTINGS = {
    Setting.TINY: RecommenderSettings(dim=8, layers=2, epochs=1, batch=512),
    Setting.SMALL: RecommenderSettings(epochs=40, learning_rate=5e-3, batch=1024),
    Setting.FULL: RecommenderSettings(),
}


def beauty(setting: Setting) -> InteractionSet:
    """Amazon Beauty; fewer users in the smaller settings."""
    whole = amazon(Category.BEAUTY)
    return {Setting.TINY: whole.of_first(300), Setting.SMALL: whole.of_first(3_000), Setting.FULL: whole}[setting]


def contrasts_compared(sides: Mapping[str, GraphContrast], setting: Setting, seed: int) -> Figures:
    """Every side on the same interactions."""
    return {name: judged(beauty(setting), one, SETTINGS[setting], seed=seed) for name, one in sides.items()}
