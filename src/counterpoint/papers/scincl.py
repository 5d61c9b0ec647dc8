"""SciNCL: triplets from controlled bands of neighbours in a citation graph, in place of citations themselves."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import triplet_margin_loss

from counterpoint.data.graphs import Graph, graph_from
from counterpoint.data.planted_citations import planted_citations
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
    "positives are ranks 1 to 5, and of hard bands from rank 6, 50, 200, 400 and 800 the second was chosen on Cora. "
    "The made papers are 10 topics of 6 sub-topics of 25 papers. Each cites 3: of its sub-topic (60 %), its topic "
    "(20 %) or any (20 %), and has words of its sub-topic, of its topic and of all. Their bands and their rate are "
    "those of CiteSeer.",
)
_REAL, _MADE = "CiteSeer", "made data"
claim = Claim(
    statement="Bands of neighbours teach more than direct citations, and keep positives and negatives apart.",
    checks=(
        Better(
            measure="topic_accuracy",
            on=_REAL,
            statement="Topics of unseen papers are told better than after citations.",
        ),
        Better(measure="citation_ndcg", on=_REAL, statement="And the papers that unseen papers cite are found better."),
        Better(measure="topic_accuracy", than="near band", on=_REAL, statement="A gap after the positives helps."),
        Better(measure="topic_accuracy", than="easy only", on=_REAL, statement="Hard negatives help."),
        Better(
            measure="collisions", than="near band", lower=True, on=_REAL, statement="Fewer negatives share the topic."
        ),
        Within(
            measure="cited_negatives",
            below=0.01,
            on=_REAL,
            statement="Less than 1 % of negatives are cited by their anchor.",
        ),
        Better(
            measure="made_related_ndcg",
            on=_MADE,
            statement="Papers of an unseen paper's sub-topic are found better than after citations.",
        ),
        Better(
            measure="made_related_ndcg",
            than="near band",
            on=_MADE,
            statement="Hard negatives from rank 50 teach more than those right after the positives,",
        ),
        Better(measure="made_related_ndcg", than="far band", on=_MADE, statement="than those from rank 200,"),
        Better(measure="made_related_ndcg", than="farthest band", on=_MADE, statement="than those from rank 400,"),
        Better(measure="made_related_ndcg", than="easy only", on=_MADE, statement="and than none."),
        Better(
            measure="made_collisions",
            than="near band",
            lower=True,
            on=_MADE,
            statement="Fewer negatives share the sub-topic than right after the positives,",
        ),
        Better(measure="made_collisions", lower=True, on=_MADE, statement="and than in triplets of citations."),
        Within(
            measure="made_cited_negatives",
            below=0.01,
            on=_MADE,
            statement="Less than 1 % of negatives are cited by their anchor.",
        ),
    ),
    minutes=12,
    seeds=10,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 600, Setting.FULL: 10_000}
_MADE_SIZES = {Setting.TINY: (4, 2), Setting.SMALL: (10, 200), Setting.FULL: (10, 200)}
"""Topics and steps."""
_BANDS = {
    "method": Bands(positive=(1, 5), hard=(50, 60)),
    "near band": Bands(positive=(1, 5), hard=(6, 16)),
    "easy only": Bands(positive=(1, 5), hard=(50, 60), hard_negatives=0, easy_negatives=5),
}
_FURTHER = {
    "far band": Bands(positive=(1, 5), hard=(200, 210)),
    "farthest band": Bands(positive=(1, 5), hard=(400, 410)),
}


def trial(setting: Setting, seed: int) -> Figures:
    """Triplets of four kinds on CiteSeer, and of two more bands on made papers."""
    topics, steps = _MADE_SIZES[setting]
    real = _compared(planetoid(Planetoid.CITESEER), _BANDS, _STEPS[setting], seed)
    papers = planted_citations(topics=topics, parts=6, size=25, seed=seed)
    made = _compared(papers, _BANDS | _FURTHER, steps, seed)
    return {
        side: {**real.get(side, {}), **{f"made_{name}": value for name, value in found.items()}}
        for side, found in made.items()
    }


def _compared(graph: Graph, bands: Mapping[str, Bands], steps: int, seed: int) -> Figures:
    """The same encoder and steps on triplets of bands and of citations; a fifth of the papers are unseen."""
    order = np.random.default_rng(seed).permutation(len(graph))
    seen, unseen = order[len(order) // 5 :], order[: len(order) // 5]
    known = _among(graph, seen)
    places = fast_rp(known.adjacency, seed=seed)
    kinds = {side: band_triplets(places, band, seed=seed) for side, band in bands.items()}
    kinds["baseline"] = cited_triplets(known, seed=seed)
    return {
        side: {**_judged(_learnt(graph, found, steps, seed), graph, seen, unseen), **_confused(known, found)}
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
    """Topics by nearest neighbours, and citations and papers of the topic by rank, of papers not seen in training."""
    assert graph.labels is not None  # both have topics
    vectors = encoder.encode(torch.from_numpy(graph.features.toarray()))
    cited = [row.indices.tolist() for row in graph.adjacency[unseen][:, seen]]
    related = [np.flatnonzero(graph.labels[seen] == topic).tolist() for topic in graph.labels[unseen]]
    topics = knn_accuracy(vectors[seen], graph.labels[seen], vectors[unseen], graph.labels[unseen])
    return {
        "topic_accuracy": topics.value,
        "citation_ndcg": _ndcg(vectors[unseen], vectors[seen], cited),
        "related_ndcg": _ndcg(vectors[unseen], vectors[seen], related),
    }


def _ndcg(queries: np.ndarray, papers: np.ndarray, sought: list[list[int]]) -> float:
    """Mean NDCG at 10 of the papers sought by each query that seeks any."""
    judged = Qrels.of_lists(sought, n_candidates=len(papers))
    return float(retrieval_values(queries, papers, judged, measures=[NDCG(k=10)])[0]["ndcg@10"].mean())


def _confused(graph: Graph, triplets: Triplets) -> dict[str, float]:
    """Shares of negatives that are of the anchor's topic (made papers: sub-topic), and that it cites."""
    assert graph.labels is not None  # both have topics
    anchor, negative = triplets.anchor.numpy(), triplets.negative.numpy()
    pair = np.sort(np.stack([anchor, negative], 1)) @ [len(graph), 1]
    return {
        "collisions": float((graph.labels[anchor] == graph.labels[negative]).mean()),
        "cited_negatives": float(np.isin(pair, graph.edges @ [len(graph), 1]).mean()),
    }
