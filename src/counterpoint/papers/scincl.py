"""SciNCL: triplets from controlled bands of neighbours in a citation graph, in place of citations themselves."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import triplet_margin_loss

from counterpoint.data.graphs import Graph, graph_from
from counterpoint.data.sets.graphs import Planetoid, planetoid
from counterpoint.encoders import MLP, Encoder
from counterpoint.encoders.fast_rp import fast_rp
from counterpoint.evaluation import NDCG, Qrels, knn_accuracy, retrieval_values
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.pairs import Triplets
from counterpoint.pairs.bands import Bands, band_triplets

paper = Paper(
    short="SciNCL",
    title="Neighborhood Contrastive Learning for Scientific Document Representations with Citation Embeddings",
    authors="Ostendorff, Rethmeier, Augenstein, Gipp and Rehm",
    year=2022,
    identifier="arXiv:2202.06671",
    wing=Wing.TEXT,
    implements="Section 3: bands of ranks among neighbours in the citation graph, 2 hard and 3 easy negatives, triplet "
    "loss with Euclidean distance and margin 1, against triplets of direct citations (SPECTER)",
    deviates="CiteSeer's 3,327 papers as bags of words through a linear map, in place of 52 million papers through "
    "SciBERT; FastRP in place of PyTorch-BigGraph; citations have no direction. Bands are scaled to the graph: "
    "positives are ranks 1 to 5, and of hard bands from rank 6, 50, 200, 400 and 800 the second was chosen on Cora.",
)
claim = Claim(
    statement="Bands of neighbours teach more than direct citations, and keep positives and negatives apart.",
    checks=(
        Better(measure="topic_accuracy", statement="Topics of unseen papers are told better than after citations."),
        Better(measure="citation_ndcg", statement="And the papers that unseen papers cite are found better."),
        Better(measure="topic_accuracy", than="near band", statement="A gap after the positives helps."),
        Better(measure="topic_accuracy", than="easy only", statement="Hard negatives help."),
        Better(measure="collisions", than="near band", lower=True, statement="Fewer negatives share the topic."),
        Within(
            measure="cited_negatives", below=0.01, statement="Less than 1 % of negatives are cited by their anchor."
        ),
    ),
    minutes=2,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 600, Setting.FULL: 10_000}
_BANDS = {
    "method": Bands(positive=(1, 5), hard=(50, 60)),
    "near band": Bands(positive=(1, 5), hard=(6, 16)),
    "easy only": Bands(positive=(1, 5), hard=(50, 60), hard_negatives=0, easy_negatives=5),
}


def trial(setting: Setting, seed: int) -> Figures:
    """The same encoder and steps on triplets of four kinds; a fifth of the papers are unseen."""
    graph = planetoid(Planetoid.CITESEER)
    order = np.random.default_rng(seed).permutation(len(graph))
    seen, unseen = order[len(order) // 5 :], order[: len(order) // 5]
    known = _among(graph, seen)
    places = fast_rp(known.adjacency, seed=seed)
    kinds = {side: band_triplets(places, bands, seed=seed) for side, bands in _BANDS.items()}
    kinds["baseline"] = cited_triplets(known, seed=seed)
    return {
        side: {**_judged(_learnt(graph, found, _STEPS[setting], seed), graph, seen, unseen), **_confused(known, found)}
        for side, found in kinds.items()
    }


def cited_triplets(graph: Graph, *, seed: int) -> Triplets:
    """As SPECTER: a cited paper; two negatives that it cites and the anchor does not, three at random."""
    rng, links = np.random.default_rng(seed), graph.adjacency
    found = []
    for anchor in np.flatnonzero(graph.degrees):
        own = links[[anchor]].indices
        second = np.setdiff1d(links[own].indices, [*own, anchor])
        hard = rng.choice(second, 2) if len(second) else np.empty(0, np.int64)
        easy = rng.choice(np.setdiff1d(rng.integers(0, len(graph), 50), [*own, anchor]), 5 - len(hard), replace=False)
        found += [(anchor, rng.choice(own), negative) for negative in (*hard, *easy)]
    anchor, positive, negative = torch.from_numpy(np.array(found)).T
    return Triplets(anchor, positive, negative, len(graph))


def _among(graph: Graph, seen: np.ndarray) -> Graph:
    """The same papers, and citations between some of them only."""
    return graph_from(graph.edges[np.isin(graph.edges, seen).all(1)], graph.features, labels=graph.labels)


def _learnt(graph: Graph, triplets: Triplets, steps: int, seed: int) -> Encoder:
    words = torch.from_numpy(graph.features.toarray())
    draw = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = MLP(hidden=(), dim=64, in_dim=words.shape[1]).build()

        def step(_: int) -> Tensor:
            rows = torch.randint(len(triplets), (128,), generator=draw)
            texts = torch.cat([triplets.anchor[rows], triplets.positive[rows], triplets.negative[rows]])
            return triplet_margin_loss(*encoder(encoder.collate(words[texts])).chunk(3), margin=1.0)

        descend(encoder, step, steps=steps, learning_rate=3e-3)
    return encoder


def _judged(encoder: Encoder, graph: Graph, seen: np.ndarray, unseen: np.ndarray) -> dict[str, float]:
    """Topics by nearest neighbours, and citations by rank, of papers that training has not seen."""
    assert graph.labels is not None  # CiteSeer has topics
    vectors = encoder.encode(torch.from_numpy(graph.features.toarray()))
    cited = graph.adjacency[unseen][:, seen]
    judged = Qrels.of_lists([list(row.indices) for row in cited], n_candidates=len(seen))
    found = retrieval_values(vectors[unseen], vectors[seen], judged, measures=[NDCG(k=10)])[0]["ndcg@10"]
    topics = knn_accuracy(vectors[seen], graph.labels[seen], vectors[unseen], graph.labels[unseen])
    return {"topic_accuracy": topics.value, "citation_ndcg": float(found.mean())}


def _confused(graph: Graph, triplets: Triplets) -> dict[str, float]:
    """Shares of negatives that are of the anchor's topic, and that it cites."""
    assert graph.labels is not None  # CiteSeer has topics
    anchor, negative = triplets.anchor.numpy(), triplets.negative.numpy()
    pair = np.sort(np.stack([anchor, negative], 1)) @ [len(graph), 1]
    return {
        "collisions": float((graph.labels[anchor] == graph.labels[negative]).mean()),
        "cited_negatives": float(np.isin(pair, graph.edges @ [len(graph), 1]).mean()),
    }
