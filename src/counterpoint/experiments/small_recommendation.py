"""What papers on recommenders of graphs share: one set of interactions, settings, and usual contrasts to beat."""

from collections.abc import Mapping

import numpy as np

from counterpoint.data.sets.interactions import Category, InteractionSet, amazon, item_attributes
from counterpoint.experiments.claim import Figures, Setting
from counterpoint.experiments.recommend import RecommenderSettings, judged
from counterpoint.methods.graph_contrast import EdgeDrop, GraphContrast, NoContrast, Noise

WEIGHT = 0.01
"""Of every contrast: SimGCL's usual 0.2 halved the recall on the validation part of so small a set, at another seed."""
PLAIN, SGL, SIMGCL = NoContrast(), EdgeDrop(weight=WEIGHT, share=0.1), Noise(weight=WEIGHT, noise=0.1)
"""LightGCN alone, and two contrasts to beat."""

SETTINGS = {
    Setting.TINY: RecommenderSettings(dim=8, layers=2, epochs=1, batch=512),
    Setting.SMALL: RecommenderSettings(layers=2, epochs=20, learning_rate=1e-2, batch=1024),
    Setting.FULL: RecommenderSettings(),
}


def beauty(setting: Setting) -> InteractionSet:
    """Amazon Beauty; in ``small`` where every user and item has 8 reviews or more; its beginning in ``tiny``."""
    if setting is Setting.FULL:
        return amazon(Category.BEAUTY)
    dense = amazon(Category.BEAUTY, core=8)
    return dense.of_first(300) if setting is Setting.TINY else dense


def beauty_attributes(data: InteractionSet) -> list[np.ndarray]:
    """Those of every item of :func:`beauty`, by its number there."""
    every = item_attributes(Category.BEAUTY)
    return [every[name] for name in data.train.item_names]


def contrasts_compared(sides: Mapping[str, GraphContrast], setting: Setting, seed: int) -> Figures:
    """Every side on the same interactions."""
    return {name: judged(beauty(setting), one, SETTINGS[setting], seed=seed) for name, one in sides.items()}
