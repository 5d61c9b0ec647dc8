"""What papers on contrasts of the graph of interactions share: a small part of Douban-Book, settings and sides."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from counterpoint.data.interactions import hold_out
from counterpoint.data.sets.interactions import InteractionSet, douban_book
from counterpoint.experiments.claim import Figures, Setting
from counterpoint.experiments.recommend import RecommenderSettings, judged
from counterpoint.methods.graph_contrast import EdgeDrop, GraphContrast, NoContrast, Noise

WEIGHT = 0.02
"""Of every contrast: the best on the validation part at another seed of 0.02, 0.05 and 0.1 for each of SGL, SimGCL and
XSimGCL. With more they learn little but to be even for hundreds of steps, and are late at their best."""
PLAIN, SGL, SIMGCL = NoContrast(), EdgeDrop(weight=WEIGHT, share=0.1), Noise(weight=WEIGHT, noise=0.1)
"""LightGCN alone, and two contrasts to beat."""

SETTINGS = {
    Setting.TINY: RecommenderSettings(dim=8, layers=2, epochs=1, batch=512),
    Setting.SMALL: RecommenderSettings(layers=2, epochs=100, look=2, patience=5, batch=1024, learning_rate=1e-2),
    Setting.FULL: RecommenderSettings(),
}
PLAIN_RATE = 5e-3
"""LightGCN alone learns slower and better: the best of 2e-3, 5e-3, 1e-2 and 2e-2 there."""
DEVIATES = (
    "In `small`, the first 1,000 users of Douban-Book and the books that 5 of them rated (813 users, 2,691 books), "
    "split anew: a fifth of each user's to test and a tenth of the rest to validate. Two layers, a batch of 1,024 and "
    "Adam at 0.01, at 0.005 for LightGCN; every side stops where its validation recall is best, after 10 epochs "
    "without a better one. Contrasts weigh 0.02, not 0.2: of 0.02, 0.05 and 0.1 it was the best for SGL, SimGCL and "
    "XSimGCL on the validation part at another seed, as was the rate of LightGCN of 0.002, 0.005, 0.01 and 0.02. "
)
"""For what papers say of themselves."""


def douban(setting: Setting) -> InteractionSet:
    """Douban-Book; its first 1,000 users in ``small``, 200 in ``tiny``."""
    if setting is Setting.FULL:
        return douban_book()
    return dense(douban_book(), users=200 if setting is Setting.TINY else 1000, core=5)


def dense(whole: InteractionSet, *, users: int, core: int) -> InteractionSet:
    """The first so many users and the core of what they took, a fifth to test and a tenth of the rest to validate.

    Args:
        whole: In any parts.
        users: Before the core is taken.
        core: Items of a user and users of an item, at least.
    """
    known, test = whole.known, whole.test
    both = replace(known, users=np.append(known.users, test.users), items=np.append(known.items, test.items))
    order = np.argsort(both.users, kind="stable")
    kept = replace(both, users=both.users[order], items=both.items[order]).of_first(users).core(core)
    rest, test = hold_out(kept, 0.2, seed=0)
    train, validation = hold_out(rest, 0.1, seed=0)
    return replace(whole, train=train, validation=validation, test=test)


def douban_compared(sides: Mapping[str, GraphContrast], setting: Setting, seed: int) -> Figures:
    """Every side on the same interactions, LightGCN alone at its own rate."""
    data, settings = douban(setting), SETTINGS[setting]
    slower = replace(settings, learning_rate=PLAIN_RATE) if setting is Setting.SMALL else settings
    return {
        name: judged(data, one, slower if isinstance(one, NoContrast) else settings, seed=seed)
        for name, one in sides.items()
    }
