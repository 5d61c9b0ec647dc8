"""gCooL: communities learnt beside the contrast of nodes, and nodes told from other communities."""

import torch

from counterpoint.data.graph_matrices import graph_tensors
from counterpoint.data.sets.graphs import Planetoid, planetoid
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.node_contrast import judged_nodes, learn_nodes
from counterpoint.methods.communal_contrast import CommunalContrast
from counterpoint.papers.csgcl import LOOPS, TEMPERATURE, plain

paper = Paper(
    short="gCooL",
    title="Graph Communal Contrastive Learning",
    authors="Li, Jing and Tong",
    year=2022,
    identifier="arXiv:2110.14863",
    wing=Wing.GRAPH,
    implements="dense community aggregation and the reweighted contrast with communities beside that of nodes, as "
    "in the public code with Gaussian similarity, against the contrast of nodes alone",
    deviates="Cora and CiteSeer in place of Amazon and Coauthor; edges are dropped evenly, and the density is that "
    "of the whole graph. 10 communities, the code's default; its stride of 500 epochs in 1000 is half of the steps "
    "here, and what is communal fades over all of it, not over the first fifth. Views and loop are those of CSGCL's "
    "baseline.",
)
claim = Claim(
    statement="Learning communities beside the contrast of nodes gives better embeddings than nodes alone.",
    checks=(
        Better(measure="cora_accuracy", statement="A better probe on Cora's public split."),
        Better(measure="cora_nmi", statement="Better clusters of Cora."),
        Better(measure="citeseer_accuracy", statement="A better probe on CiteSeer's public split."),
        Better(measure="citeseer_nmi", statement="Better clusters of CiteSeer."),
    ),
    minutes=5,
    seeds=10,
)


def trial(setting: Setting, seed: int) -> Figures:
    """Both kinds of contrast on both graphs."""
    figures: dict[str, dict[str, float]] = {"method": {}, "baseline": {}}
    for name in Planetoid:
        graph, loop = planetoid(name), LOOPS[setting]
        if setting is Setting.TINY:
            graph = graph.corner(200)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            communal = CommunalContrast(
                graph_tensors(graph)[1],
                communities=10,
                dim=loop.projection,
                temperature=TEMPERATURE,
                stride=loop.steps / 2,
            )
        for side, loss in (("method", communal), ("baseline", plain)):
            found = judged_nodes(learn_nodes(graph, loss, loop, seed=seed), graph, seed=seed)
            accuracy = found.get("node_accuracy", found["node_accuracy_over_splits"])
            figures[side] |= {f"{name}_accuracy": accuracy, f"{name}_nmi": found["nmi"]}
    return figures
