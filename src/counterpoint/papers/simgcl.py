"""SimGCL: noise on the vectors in place of changes of the graph."""

from counterpoint.data.sets.interactions import Category, InteractionSet, amazon
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.recommend import RecommenderSettings, judged
from counterpoint.methods.graph_contrast import EdgeDrop, GraphContrast, NoContrast, Noise

paper = Paper(
    short="SimGCL",
    title="Are Graph Augmentations Necessary? Simple Graph Contrastive Learning for Recommendation",
    authors="Yu, Yin, Xia, Chen, Cui and Nguyen",
    year=2022,
    identifier="arXiv:2112.08679",
    wing=Wing.RECSYS,
    implements="Eqs. 7 to 9 beside BPR on LightGCN, against SGL's edge dropout and LightGCN alone",
    deviates="In `small`, the first 3,000 users of Amazon Beauty with their last item to test, in place of "
    "Douban-Book, Yelp2018 and Amazon-Book. Weights and noise are the paper's usual ones and SGL's share of dropped "
    "edges its default; nothing is tuned, and every side stops where its validation recall is best.",
)
claim = Claim(
    statement="Noise on vectors beats dropped edges and no contrast in full ranking, and spreads vectors more evenly.",
    checks=(
        Better(measure="recall@20", statement="More recall than LightGCN."),
        Better(measure="ndcg@20", statement="And a better order."),
        Better(measure="recall@20", than="edge dropout", statement="More recall than SGL."),
        Better(measure="uniformity", lower=True, statement="Vectors are spread more evenly than LightGCN's."),
        Better(measure="recall@20/tail", statement="Items of the tail are found more often."),
    ),
    minutes=20,
)

SIDES: dict[str, GraphContrast] = {
    "method": Noise(weight=0.2, noise=0.1),
    "baseline": NoContrast(),
    "edge dropout": EdgeDrop(weight=0.1, share=0.1),
}


def trial(setting: Setting, seed: int) -> Figures:
    """Every side on the same interactions."""
    return {name: judged(interactions(setting), one, SETTINGS[setting], seed=seed) for name, one in SIDES.items()}


SETTINGS = {
    Setting.TINY: RecommenderSettings(dim=8, layers=2, epochs=1, batch=512),
    Setting.SMALL: RecommenderSettings(epochs=40, learning_rate=5e-3, batch=1024),
    Setting.FULL: RecommenderSettings(),
}


def interactions(setting: Setting) -> InteractionSet:
    """Amazon Beauty; fewer users in the smaller settings."""
    whole = amazon(Category.BEAUTY)
    return {Setting.TINY: whole.of_first(300), Setting.SMALL: whole.of_first(3_000), Setting.FULL: whole}[setting]
