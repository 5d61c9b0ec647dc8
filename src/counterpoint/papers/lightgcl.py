"""LightGCL: the graph's approximation of low rank as the other view, in place of random changes."""

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.small_douban import PLAIN, SGL, SIMGCL, douban_compared
from counterpoint.methods.graph_contrast import GlobalView, GraphContrast

paper = Paper(
    short="LightGCL",
    title="LightGCL: Simple Yet Effective Graph Contrastive Learning for Recommendation",
    authors="Cai, Huang, Xia and Ren",
    year=2023,
    identifier="arXiv:2302.08191",
    wing=Wing.RECSYS,
    implements="Eqs. 4 to 8 beside BPR, rank 5, against SGL, SimGCL and LightGCN alone",
    deviates="Data and training as for SimGCL, the weight of the contrast 0.005. Negatives of the contrast are those "
    "of the batch, not all users and items; layers are LightGCN's, without edge dropout.",
)
claim = Claim(
    statement="The global view beats dropped edges and noise, most of all for users with few items.",
    checks=(
        Better(measure="recall@20", statement="More recall than LightGCN."),
        Better(measure="recall@20", than="edge dropout", statement="More recall than SGL."),
        Better(measure="recall@20", than="noise", statement="More recall than SimGCL."),
        Better(measure="recall@20/cold", than="edge dropout", statement="More than SGL for the coldest users."),
    ),
    minutes=3,
    seeds=3,
)

WEIGHT = 0.005
"""The better of 0.005 and 0.05 on the validation part at another seed, where LightGCN alone beat both."""
SIDES: dict[str, GraphContrast] = {
    "method": GlobalView(weight=WEIGHT, rank=5),
    "baseline": PLAIN,
    "edge dropout": SGL,
    "noise": SIMGCL,
}


def trial(setting: Setting, seed: int) -> Figures:
    """Every side on the same interactions."""
    return douban_compared(SIDES, setting, seed)
