"""Clusters of the nodes of the graphs that clustering papers report on, beside published figures.

For each of DBLP, ACM, CiteSeer and Cora and each seed a line of JSON with accuracy, NMI, ARI and macro F1 of SCGC*
(contrast weighted by influence, self-training, no decoder), PamC (clusters as negatives), k-means of a graph
autoencoder, and k-means of the words. Settings are those of SCGC's claim on DBLP for all graphs, chosen on none of the
other three; the last step is judged. ``--wide`` has the layers of the papers. Usage: python benchmarks/clusters.py
[--graph dblp] [--ways PamC] [--seeds 0 1 2] [--wide]
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from counterpoint.data.graphs import Graph
from counterpoint.data.sets.graphs import Clustered, clustered
from counterpoint.evaluation.clustering import kmeans_assignment
from counterpoint.experiments.claim import Setting
from counterpoint.experiments.cluster_nodes import ClusterLoop, Contrast, judged_clusters, learn_clusters
from counterpoint.experiments.graph_autoencoder import learn_autoencoder
from counterpoint.papers.pamc import meta_node_contrast
from counterpoint.papers.scgc import LOOPS, influence_contrast

PUBLISHED = {
    Clustered.DBLP: {"k-means": (0.3865, 0.1145, 0.0697), "SDCN": (0.6805, 0.3950, 0.3915)},
    Clustered.ACM: {"k-means": (0.673, 0.324, 0.306), "SDCN": (0.9045, 0.6831, 0.7391)},
    Clustered.CITESEER: {"k-means": (0.393, 0.169, 0.134), "SDCN": (0.6596, 0.3871, 0.4017)},
    Clustered.CORA: {"CCGC": (0.7388, 0.5645, 0.5251)},
}
"""Accuracy, NMI and ARI in the tables of SDCN and, for Cora, CCGC, which both keep the best epoch by the labels."""
WAYS = ("SCGC*", "PamC", "autoencoder", "k-means")
SHOWN = {"clustering_accuracy": "ACC", "nmi": "NMI", "ari": "ARI", "clustering_macro_f1": "F1"}


def main() -> None:
    """Cluster every graph with every seed, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--graph", type=Clustered, choices=list(Clustered), nargs="+", default=list(Clustered))
    parser.add_argument("--ways", choices=WAYS, nargs="+", default=WAYS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--wide", action="store_true", help="layers of 500, 500, 2000 and 10, and twice the steps")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    for name in given.graph:
        print(json.dumps({"graph": name.value, "published": PUBLISHED[name]}), flush=True)
        for seed in given.seeds:
            for row in clusterings(name, given.ways, seed, wide=given.wide):
                print(json.dumps(row), flush=True)


def clusterings(name: Clustered, asked: Sequence[str], seed: int, *, wide: bool) -> Iterator[dict[str, object]]:
    """A row for every way asked for to cluster a graph, as each is done."""
    graph = clustered(name)
    assert graph.labels is not None  # all four have classes
    classes = int(graph.labels.max()) + 1
    loop = LOOPS[Setting.FULL if wide else Setting.SMALL]
    proxied = replace(loop, contrast=2.0, self_training=2.0)
    contrasts = {"SCGC*": (influence_contrast, loop), "PamC": (meta_node_contrast, proxied)}
    ways = {
        way: partial(_learnt, graph, contrast, one, classes, seed) for way, (contrast, one) in contrasts.items()
    } | {
        "autoencoder": partial(_autoencoded, graph, loop, classes, seed),
        "k-means": partial(kmeans_assignment, graph.features.toarray(), classes, normalize=False, seed=seed),
    }
    for way in asked:
        began = time.perf_counter()
        found = judged_clusters(ways[way](), graph)
        yield {
            "graph": name.value,
            "way": way,
            "seed": seed,
            "wide": wide,
            **{short: round(found[measure], 4) for measure, short in SHOWN.items()},
            "seconds": round(time.perf_counter() - began),
        }


def _learnt(graph: Graph, contrast: Callable[..., Contrast], loop: ClusterLoop, classes: int, seed: int) -> np.ndarray:
    return learn_clusters(graph, contrast(graph, seed=seed), loop, clusters=classes, seed=seed)[1]


def _autoencoded(graph: Graph, loop: ClusterLoop, classes: int, seed: int) -> np.ndarray:
    found = learn_autoencoder(graph, widths=loop.widths[-2:], steps=loop.steps, seed=seed)
    return kmeans_assignment(found, classes, seed=seed)


if __name__ == "__main__":
    main()
