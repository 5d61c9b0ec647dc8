"""SimGCL: noise on the vectors in place of changes of the graph."""

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.small_douban import DEVIATES, PLAIN, SGL, SIMGCL, douban_compared
from counterpoint.methods.graph_contrast import GraphContrast

paper = Paper(
    short="SimGCL",
    title="Are Graph Augmentations Necessary? Simple Graph Contrastive Learning for Recommendation",
    authors="Yu, Yin, Xia, Chen, Cui and Nguyen",
    year=2022,
    identifier="arXiv:2112.08679",
    wing=Wing.RECSYS,
    implements="Eqs. 7 to 9 beside BPR on LightGCN, against SGL's edge dropout and LightGCN alone",
    deviates=DEVIATES + "Noise and share of dropped edges are the papers'.",
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
    minutes=3,
    seeds=16,
)

SIDES: dict[str, GraphContrast] = {"method": SIMGCL, "baseline": PLAIN, "edge dropout": SGL}


def trial(setting: Setting, seed: int) -> Figures:
    """Every side on the same interactions."""
    return douban_compared(SIDES, setting, seed)
