"""XSimGCL: one noisy pass, whose mean is contrasted with one of its own layers."""

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.small_douban import PLAIN, SGL, SIMGCL, WEIGHT, douban_compared
from counterpoint.methods.graph_contrast import CrossLayer, GraphContrast

paper = Paper(
    short="XSimGCL",
    title="XSimGCL: Towards Extremely Simple Graph Contrastive Learning for Recommendation",
    authors="Yu, Xia, Chen, Cui, Hung and Yin",
    year=2023,
    identifier="arXiv:2209.02544",
    wing=Wing.RECSYS,
    implements="Eqs. 9 to 11 beside BPR on LightGCN, against SGL, SimGCL and LightGCN alone",
    deviates="Data and training as for SimGCL. Noise and layer are the paper's usual ones. "
    "One pass over the graph a step, where SimGCL makes three, is by construction: time is not measured.",
)
claim = Claim(
    statement="One noisy pass beats dropped edges and no contrast, and is no worse than two noisy views.",
    checks=(
        Better(measure="recall@20", statement="More recall than LightGCN."),
        Better(measure="recall@20", than="edge dropout", statement="More recall than SGL."),
        Better(measure="recall@20", than="two views", by=-0.005, statement="No less recall than SimGCL."),
        Better(measure="uniformity", lower=True, statement="Vectors are spread more evenly than LightGCN's."),
    ),
    minutes=4,
    seeds=16,
)

SIDES: dict[str, GraphContrast] = {
    "method": CrossLayer(weight=WEIGHT, noise=0.2, layer=1),
    "baseline": PLAIN,
    "edge dropout": SGL,
    "two views": SIMGCL,
}


def trial(setting: Setting, seed: int) -> Figures:
    """Every side on the same interactions."""
    return douban_compared(SIDES, setting, seed)
