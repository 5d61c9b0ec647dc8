"""TLDR: a linear map to fewer dimensions, learnt from rows and their nearest neighbours by redundancy reduction."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from sklearn.decomposition import PCA
from torch import Tensor, nn
from torch.nn.functional import normalize

from counterpoint.data import named
from counterpoint.encoders import HuggingFace
from counterpoint.evaluation import NDCG, Qrels, retrieval_values
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import descend
from counterpoint.experiments.sentence_tuning import sentence_start
from counterpoint.experiments.text_retrieval import scifact_texts
from counterpoint.objectives import BarlowTwins

paper = Paper(
    short="TLDR",
    title="TLDR: Twin Learning for Dimensionality Reduction",
    authors="Kalantidis, Lassance, Almazan and Larlus",
    year=2022,
    identifier="arXiv:2110.09455",
    wing=Wing.RETRIEVAL,
    implements="a linear encoder and a perceptron as projector, Barlow Twins' loss of rows and one of their nearest "
    "neighbours; with exact neighbours and with those of a search in few dimensions; against PCA with whitening, PCA "
    "and a random projection",
    deviates="MiniLM's embeddings of 2,000 of SciFact's abstracts and of as many questions of Banking77, cut after 64 "
    "tokens, in place of millions of pictures and paragraphs; a seed draws the four fifths that are learnt from. The "
    "approximate search is by a random projection to 16 dimensions. In `small`, a projector of one hidden layer of 256 "
    "and 300 steps of 128 rows with 5 neighbours. Width (256, 512), batch (128, 256, 1024), learning rate (0.0003 to "
    "0.003), weight of redundancy (0.0051 to 0.5) and neighbours (1, 5) were tried on the training part's claims with "
    "64 dimensions at one other seed, twelve settings of them; questions and 32 dimensions keep what was chosen. "
    "PCA has nothing to tune.",
)
claim = Claim(
    statement="At equal output dimension a linear TLDR encoder retrieves better than PCA with whitening, and "
    "approximate neighbours cost it little.",
    checks=(
        Better(measure="ndcg_at_10", statement="64 dimensions: abstracts for claims, above PCA with whitening."),
        Better(measure="ndcg_at_10", than="pca", statement="And above PCA without whitening."),
        Better(measure="ndcg_at_10", than="random", statement="And above a random projection."),
        Better(measure="ndcg_at_10_of_32", statement="32 dimensions: above PCA with whitening."),
        Better(measure="intent_ndcg_at_10", statement="64 dimensions: questions of one intent, above it as well."),
        Better(
            measure="ndcg_at_10",
            side="approximate",
            than="method",
            by=-0.01,
            statement="Approximate neighbours lose at most 0.01.",
        ),
    ),
    minutes=5,
    seeds=10,
)


@dataclass(frozen=True, kw_only=True)
class Size:
    """Of a run: texts that are searched, queries, dimensions, width of the projector, steps and rows of each."""

    documents: int
    queries: int
    dims: tuple[int, int] = (64, 32)
    width: int = 256
    steps: int = 300
    batch: int = 128


_SIZES = {
    Setting.TINY: Size(documents=60, queries=20, dims=(8, 4), width=16, steps=1, batch=16),
    Setting.SMALL: Size(documents=2000, queries=809),
    Setting.FULL: Size(documents=5183, queries=809, width=2048, steps=20_000, batch=1024),
}
_NEIGHBOURS, _SEARCHED, _LEARNT_FROM, _RATE, _REDUNDANCY = 5, 16, 0.8, 3e-4, 0.1

Reduce = Callable[[np.ndarray], np.ndarray]
"""From embeddings `[N, D]` to fewer dimensions."""


@dataclass(frozen=True, eq=False)
class Embedded:
    """Embeddings of documents `[M, D]` and of queries `[Q, D]`, and which documents answer those."""

    documents: np.ndarray
    queries: np.ndarray
    judged: Qrels

    def ndcg(self, reduce: Reduce) -> float:
        """NDCG at 10 by the cosine of what is left of them."""
        measure = NDCG(k=10)
        sides = reduce(self.queries), reduce(self.documents)
        return float(retrieval_values(*sides, self.judged, measures=[measure])[0][measure.name].mean())


def trial(setting: Setting, seed: int) -> Figures:
    """All maps learn from the same four fifths of the documents, drawn at random; they are judged on all."""
    size = _SIZES[setting]
    claims, questions = embedded(setting)
    high, low = size.dims
    figures: dict[str, dict[str, float]] = {"uncompressed": {"ndcg_at_10": claims.ndcg(lambda rows: rows)}}
    learnt_from = _part(claims, seed)
    for name, dim in (("ndcg_at_10", high), ("ndcg_at_10_of_32", low)):
        for side, reduce in reduced(learnt_from, dim, size, seed).items():
            figures.setdefault(side, {})[name] = claims.ndcg(reduce)
    for side, reduce in reduced(_part(questions, seed), high, size, seed).items():
        figures[side]["intent_ndcg_at_10"] = questions.ndcg(reduce)
    exact, fast = (neighbours(rows) for rows in (learnt_from, searched(learnt_from, seed)))
    shared = (exact[:, :, None] == fast[:, None]).any(2).float().mean()
    figures["approximate"]["shared_neighbours"] = float(shared)
    return figures


@lru_cache(maxsize=2)
def embedded(setting: Setting) -> tuple[Embedded, Embedded]:
    """SciFact's claims and abstracts, and Banking77's questions that look for others of their intent, by MiniLM."""
    size, spec = _SIZES[setting], sentence_start(setting).spec
    assert isinstance(spec, HuggingFace)
    encoder = replace(spec, layers=spec.layers if setting is Setting.TINY else None, max_length=64).build()
    texts = scifact_texts(queries=size.queries, documents=size.documents, seed=0)
    claims = Embedded(encoder.encode(texts.documents), encoder.encode(texts.test), texts.judged)
    found = named("banking77")
    assert found.test is not None
    draw = np.random.default_rng(0)
    (asked, kinds), (known, intents) = (
        (list(map(str, part["text"])), np.asarray(part["category"]))
        for table, count in ((found.test, size.queries), (found.train, size.documents))
        for part in [table.take(draw.permutation(len(table))[:count])]
    )
    alike = [np.flatnonzero(intents == kind).tolist() for kind in kinds]
    judged = Qrels.of_lists(alike, n_candidates=len(known))
    return claims, Embedded(encoder.encode(known), encoder.encode(asked), judged)


def reduced(rows: np.ndarray, dim: int, size: Size, seed: int) -> dict[str, Reduce]:
    """Maps from D to ``dim`` dimensions, learnt from rows `[N, D]`, by side."""
    plain, white = (PCA(dim, whiten=whiten, svd_solver="full").fit(rows) for whiten in (False, True))
    random = np.random.default_rng(seed).normal(size=(rows.shape[1], dim)).astype(np.float32)
    return {
        "method": twins(rows, neighbours(rows), dim, size, seed=seed),
        "approximate": twins(rows, neighbours(searched(rows, seed)), dim, size, seed=seed),
        "baseline": white.transform,
        "pca": plain.transform,
        "random": lambda queries: queries @ random,
    }


def neighbours(rows: np.ndarray) -> Tensor:
    """Of every row the others of largest cosine, int64 `[N, k]`."""
    unit = normalize(torch.from_numpy(rows))
    return (unit @ unit.T).fill_diagonal_(-torch.inf).topk(_NEIGHBOURS, dim=1).indices


def searched(rows: np.ndarray, seed: int) -> np.ndarray:
    """Rows in so few dimensions, at random, that their neighbours are found fast and not always right."""
    return rows @ np.random.default_rng(seed).normal(size=(rows.shape[1], _SEARCHED)).astype(np.float32)


def twins(rows: np.ndarray, near_NK: Tensor, dim: int, size: Size, *, seed: int) -> Reduce:
    """The linear encoder after all steps; the projector is left behind."""
    content, draw = torch.from_numpy(rows), torch.Generator().manual_seed(seed)
    loss = BarlowTwins(off_diagonal=_REDUNDANCY)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = nn.Linear(rows.shape[1], dim, bias=False)
        projector = nn.Sequential(
            nn.Linear(dim, size.width), nn.BatchNorm1d(size.width), nn.ReLU(), nn.Linear(size.width, size.width)
        )

    def step(_: int) -> Tensor:
        own = torch.randperm(len(content), generator=draw)[: size.batch]
        place = torch.randint(near_NK.shape[1], (len(own),), generator=draw)
        sides = content[own], content[near_NK[own, place]]
        return loss(*(projector(encoder(side)) for side in sides))

    descend(nn.ModuleList([encoder, projector]), step, steps=size.steps, learning_rate=_RATE)
    weight = encoder.weight.detach().numpy()
    return lambda queries: queries @ weight.T


def _part(data: Embedded, seed: int) -> np.ndarray:
    """Embeddings of a random share of the documents."""
    order = np.random.default_rng(seed).permutation(len(data.documents))
    return data.documents[order[: round(_LEARNT_FROM * len(order))]]
