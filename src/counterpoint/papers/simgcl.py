"""SimGCL: noise on the vectors in place of changes of the graph."""

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.small_recommendation import PLAIN, SGL, SIMGCL, contrasts_compared
from counterpoint.methods.graph_contrast import GraphContrast

paper = Paper(
    short="SimGCL",
    title="Are Graph Augmentations Necessary? Simple Graph Contrastive Learning for Recommendation",
    authors="Yu, Yin, Xia, Chen, Cui and Nguyen",
    year=2022,
    identifier="arXiv:2112.08679",
    wing=Wing.RECSYS,
    implements="Eqs. 7 to 9 beside BPR on LightGCN, against SGL's edge dropout and LightGCN alone",
    deviates="In `small`, Amazon Beauty where every user and item has 8 reviews or more (1,766 users, 803 "
    "items), with the last item of each user to test, in place of Douban-Book, Yelp2018 and Amazon-Book. All "
    "contrasts weigh 0.01: SimGCL's usual 0.2 halved validation recall at another seed, and no third weight was tried. "
    "Noise and share of dropped edges are the papers'; every side stops where its validation recall is best.",
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

SIDES: dict[str, GraphContrast] = {"method": SIMGCL, "baseline": PLAIN, "edge dropout": SGL}


def trial(setting: Setting, seed: int) -> Figures:
    """Every side on the same interactions."""
    return contrasts_compared(SIDES, setting, seed)
