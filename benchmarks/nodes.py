"""The probe of nodes on what needs no training, beside published figures: words of papers, and words spread twice.

Prints a line of JSON for each of Cora and CiteSeer on their public splits (20 nodes a class to learn from, 500 to
choose the penalty on, 1,000 to judge). Spread words are SGC's (Wu and others, 2019, arXiv:1902.07153): the features
times the normalised adjacency with self-loops, twice. Usage: python benchmarks/nodes.py
"""

import json

from counterpoint.data.graph_matrices import propagated
from counterpoint.data.sets.graphs import Planetoid, planetoid
from counterpoint.evaluation import node_classification

PUBLISHED = {
    (Planetoid.CORA, "words"): 0.603,
    (Planetoid.CORA, "spread twice"): 0.808,
    (Planetoid.CITESEER, "words"): 0.601,
    (Planetoid.CITESEER, "spread twice"): 0.719,
}
"""Of a tuned logistic regression on the same files."""


def main() -> None:
    """Judge both on both graphs."""
    for name in Planetoid:
        graph = planetoid(name)
        assert graph.labels is not None  # both have classes
        train, unseen, test = (graph.parts[part] for part in ("train", "validation", "test"))
        for what, hops in (("words", 0), ("spread twice", 2)):
            rows = propagated(graph, hops).toarray()
            accuracy, _ = node_classification(rows, graph.labels, train, test, validation=unseen)
            row = {
                "graph": name.value,
                "rows": what,
                "ours": round(accuracy.value, 4),
                "published": PUBLISHED[name, what],
                "interval": [round(accuracy.low, 3), round(accuracy.high, 3)],
            }
            print(json.dumps(row))


if __name__ == "__main__":
    main()
