"""gCooL: communities learnt beside the contrast of nodes, and nodes told from other communities."""

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.data.graph_matrices import graph_tensors
from counterpoint.data.graphs import Graph
from counterpoint.data.planted_communities import planted_communities
from counterpoint.data.sets.graphs import Planetoid, planetoid
from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.evaluation.clustering import agreement
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.node_contrast import NodeLoop, judged_nodes, learn_nodes
from counterpoint.methods.communal_contrast import CommunalContrast
from counterpoint.papers.csgcl import LOOPS, MADE_LOOP, TEMPERATURE, plain

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
    "baseline. Made data are a block model of 360 nodes in four equal communities, with 14 edges a node and 16 words "
    "of each; both sides take 100 steps at 0.005. There are four communities to learn there, over all steps, and edges "
    "within them count beyond what the graph's density leads one to expect. The public code's loss is least where "
    "all nodes are one community, and that is where it led on these data at temperature 0.2 or rate 0.01.",
)
MADE = "made data"
claim = Claim(
    statement="Learning communities beside the contrast of nodes gives better embeddings than nodes alone.",
    checks=(
        Better(measure="cora_accuracy", statement="A better probe on Cora's public split.", on="Cora"),
        Better(measure="cora_nmi", statement="Better clusters of Cora.", on="Cora"),
        Better(measure="citeseer_accuracy", statement="A better probe on CiteSeer's public split.", on="CiteSeer"),
        Better(measure="citeseer_nmi", statement="Better clusters of CiteSeer.", on="CiteSeer"),
        Better(measure="made_accuracy", statement="A better probe of planted blocks.", on=MADE),
        Better(measure="made_nmi", statement="Better clusters of planted blocks.", on=MADE),
        Within(measure="made_partition", above=0.5, statement="What is learnt agrees with the blocks (NMI).", on=MADE),
    ),
    minutes=8,
    seeds=10,
)


def trial(setting: Setting, seed: int) -> Figures:
    """Both kinds of contrast on both real graphs and on a made one."""
    real, made = on_real_data(setting, seed), on_made_data(setting, seed)
    return {side: {**figures, **made[side]} for side, figures in real.items()}


def on_real_data(setting: Setting, seed: int) -> Figures:
    """Probe and clusters of Cora and CiteSeer."""
    figures: dict[str, dict[str, float]] = {"method": {}, "baseline": {}}
    for name in Planetoid:
        graph, loop = planetoid(name), LOOPS[setting]
        if setting is Setting.TINY:
            graph = graph.corner(200)
        communal = _communal(graph, loop, seed, communities=10, stride=loop.steps / 2)
        for side, loss in (("method", communal), ("baseline", plain)):
            found = judged_nodes(learn_nodes(graph, loss, loop, seed=seed), graph, seed=seed)
            accuracy = found.get("node_accuracy", found["node_accuracy_over_splits"])
            figures[side] |= {f"{name}_accuracy": accuracy, f"{name}_nmi": found["nmi"]}
    return figures


def on_made_data(setting: Setting, seed: int) -> Figures:
    """Probe over splits and clusters of a block model, and NMI of the blocks with the communities of the last step."""
    tiny = setting is Setting.TINY
    size, loop = (20, LOOPS[setting]) if tiny else (90, MADE_LOOP)
    graph = planted_communities([size] * 4, inside=[0.1] * 4, between=0.018, own=0.08, seed=seed)
    communal = _communal(graph, loop, seed, communities=4, stride=float(loop.steps), chance=True)
    learnt: list[np.ndarray] = []

    def keep(module: nn.Module, views: tuple[Tensor, ...], loss: Tensor) -> None:
        del module, loss
        learnt[:] = [communal.members(views[0].detach()).argmax(1).numpy()]

    communal.register_forward_hook(keep)
    figures: dict[str, dict[str, float]] = {}
    for side, loss in (("method", communal), ("baseline", plain)):
        found = judged_nodes(learn_nodes(graph, loss, loop, seed=seed), graph, seed=seed)
        figures[side] = {"made_accuracy": found["node_accuracy_over_splits"], "made_nmi": found["nmi"]}
    assert graph.labels is not None  # blocks are its labels
    alike = {one.name: one.value for one in agreement(graph.labels, learnt[0], bootstrap=Bootstrap(resamples=10))}
    figures["method"] |= {"made_partition": alike["nmi"], "made_communities": float(len(np.unique(learnt[0])))}
    return figures


def _communal(
    graph: Graph, loop: NodeLoop, seed: int, *, communities: int, stride: float, chance: bool = False
) -> CommunalContrast:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return CommunalContrast(
            graph_tensors(graph)[1],
            communities=communities,
            dim=loop.projection,
            temperature=TEMPERATURE,
            stride=stride,
            chance=chance,
        )
