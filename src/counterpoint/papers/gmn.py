"""Graph Mamba: a selective scan over surroundings reaches what message passing loses on the way."""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from counterpoint.data.graph_matrices import graph_tensors
from counterpoint.data.graphs import Graph, graph_from
from counterpoint.encoders.graph import GraphEncoder
from counterpoint.encoders.graph_mamba import GraphMamba
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import descend
from counterpoint.experiments.surroundings import walk_surroundings

paper = Paper(
    short="GMN",
    title="Graph Mamba: Towards Learning on Graphs with State Space Models",
    authors="Behrouz and Hashemi",
    year=2024,
    identifier="arXiv:2402.08678",
    wing=Wing.GRAPH,
    implements="tokens of random-walk surroundings from the widest to the node itself, a bidirectional selective "
    "scan, no positional encodings, against a GCN as deep as the task is long, and against the mean of the tokens",
    deviates="Made paths: the node at one end must name the colour of the other end, 8 steps away. One layer, one "
    "token a length (0 to 32 steps, 16 walks), no second scan over nodes. Only end nodes are embedded. The paper's "
    "long-range benchmarks are not at hand.",
)
claim = Claim(
    statement="The scan over surroundings copies a colour over 8 steps, where a deep GCN does not.",
    checks=(
        Better(measure="accuracy", statement="More accurate than the GCN of 8 layers."),
        Better(measure="accuracy", than="mean of tokens", by=-0.05, statement="At most 5 points below their mean."),
    ),
    minutes=1,
    seeds=10,
)
_SIZES = {Setting.TINY: (40, 1), Setting.SMALL: (400, 150), Setting.FULL: (4000, 2000)}
LENGTHS, WALKS, COLOURS, FAR = (0, 1, 2, 4, 8, 16, 32), 16, 4, 8


def trial(setting: Setting, seed: int) -> Figures:
    """Three models on the same paths, judged on the half that they did not learn from."""
    count, steps = _SIZES[setting]
    graph, ends, colour = paths(count, seed=seed)
    x, edges = graph_tensors(graph)
    x, target, half = x.to_dense(), torch.from_numpy(colour), count // 2
    around = walk_surroundings(graph.adjacency, ends, lengths=LENGTHS, walks=WALKS, seed=seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        scan = GraphMamba(x.shape[1], classes=COLOURS)
        deep = GraphEncoder((x.shape[1], *(32,) * (FAR - 1), COLOURS))
        mean = nn.Sequential(nn.Linear(x.shape[1], 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU())
        head = nn.Linear(32, COLOURS)
    sides = {
        "method": (scan, lambda: scan(x, around)),
        "baseline": (deep, lambda: deep(x, edges)[ends]),
        "mean of tokens": (
            nn.ModuleList([mean, head]),
            lambda: head(torch.stack([one @ mean(x) for one in around]).mean(0)),
        ),
    }
    figures = {}
    for side, (model, logits) in sides.items():
        descend(
            model,
            lambda _, logits=logits: cross_entropy(logits()[:half], target[:half]),
            steps=steps,
            learning_rate=5e-3,
        )
        with torch.no_grad():
            right = logits()[half:].argmax(1) == target[half:]
        figures[side] = {"accuracy": float(right.float().mean())}
    return figures


def paths(count: int, *, seed: int) -> tuple[Graph, np.ndarray, np.ndarray]:
    """Paths of 9 nodes as one graph, the last node of each, and the colour that its first node has.

    Features are the colour of the first node, one-hot, and for every other node a 1 that says it has none.
    """
    colour = np.random.default_rng(seed).integers(COLOURS, size=count)
    nodes = np.arange(count * (FAR + 1)).reshape(count, FAR + 1)
    edges = np.stack([nodes[:, :-1], nodes[:, 1:]], axis=-1).reshape(-1, 2)
    features = np.eye(COLOURS + 1, dtype=np.float32)[np.full(nodes.size, COLOURS)]
    features[nodes[:, 0]] = np.eye(COLOURS + 1)[colour]
    return graph_from(edges, features), nodes[:, -1], colour
