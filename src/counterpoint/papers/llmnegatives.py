"""Where hard negatives come from: drawn, mined by words, reranked, or written from the query alone by rules."""

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from counterpoint.evaluation import fit_tfidf, mean_of, paired_difference
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.text_retrieval import RetrievalTexts, TextLearner, TextLoop, scifact_texts

paper = Paper(
    short="LLMNegatives",
    title="Don't Retrieve, Generate: Prompting LLMs for Synthetic Training Data in Dense Retrieval",
    authors="Sinha",
    year=2025,
    identifier="arXiv:2504.21015",
    wing=Wing.PAIRS,
    implements="the comparison of sources of hard negatives: a text written from the query alone, or mined",
    deviates="No language model: the written negative is the query turned round by rules (more to less, no for yes). "
    "Words are matched by TF-IDF instead of BM25, and a logistic reranker of four overlaps stands for the "
    "cross-encoder. SciFact's own claims as queries, a static text encoder without pre-training. One rate for all.",
)
claim = Claim(
    statement="A negative written from the query alone trains as good a retriever as mined ones (the first version's "
    "claim, which later versions withdraw).",
    checks=(
        Better(measure="ndcg_at_10", than="mined", by=-0.01, statement="Within 0.01 nDCG of negatives mined by words."),
        Better(measure="ndcg_at_10", than="reranked", by=-0.01, statement="Within 0.01 nDCG of reranked negatives."),
        Better(measure="ndcg_at_10", than="drawn", statement="Better than negatives that are drawn."),
    ),
    minutes=1.5,
)

_SIZES = {Setting.TINY: (20, 60, 2), Setting.SMALL: (300, 1000, 60), Setting.FULL: (809, 5183, 5000)}
_OPPOSITES = {
    **{"increases": "decreases", "increased": "decreased", "increase": "decrease", "high": "low", "higher": "lower"},
    **{"more": "less", "positive": "negative", "activates": "inhibits", "promotes": "prevents", "is": "is not"},
    **{"improves": "worsens", "gain": "loss", "with": "without", "all": "no", "can": "cannot", "has": "lacks"},
}
_TURNED = _OPPOSITES | {new: old for old, new in _OPPOSITES.items()}


def trial(setting: Setting, seed: int) -> Figures:
    """The same encoder, queries and steps with one negative a query from four sources."""
    queries, documents, steps = _SIZES[setting]
    data = scifact_texts(queries=queries, documents=documents, seed=seed)
    written = [turned(query) for query in data.train]
    found: dict[str, np.ndarray] = {}
    for side, rows in _sources(data, seed).items():
        learner = TextLearner(data, TextLoop(steps=steps), seed=seed, further=written)
        learner.learn(learner.retrieving(lambda step, chosen, rows=rows: rows[chosen, None]))
        found[side] = learner.ndcg()
    figures = {side: {"ndcg_at_10": float(values.mean())} for side, values in found.items()}
    for side in ("mined", "reranked", "drawn"):
        first, second = mean_of(found["method"]), mean_of(found[side])
        over = paired_difference("ndcg_at_10", first, second, len(found["method"]))
        figures["method"] |= {f"over_{side}_low": over.low, f"over_{side}_high": over.high}
    return figures


def turned(query: str) -> str:
    """The query with words replaced by their opposites; denied as a whole where it has none of them."""
    words = [_TURNED.get(word.lower(), word) for word in query.split()]
    return " ".join(words) if words != query.split() else f"It is not true that {query}"


def _sources(data: RetrievalTexts, seed: int) -> dict[str, Tensor]:
    """For every source the row of each query's negative in the pool, `[N]`: documents, then what was written."""
    embed = fit_tfidf(data.documents)
    words = np.asarray((embed(data.train) @ embed(data.documents).T).todense())
    own = np.arange(len(data.train)), data.positive
    ranked = _reranked(data, words, seed)
    words[own] = ranked[own] = -np.inf
    count = len(data.documents)
    drawn = np.random.default_rng(seed).integers(1, count, len(data.train))
    rows = {
        "method": count + np.arange(len(data.train)),
        "mined": words.argmax(1),
        "reranked": ranked.argmax(1),
        "drawn": (data.positive + drawn) % count,
    }
    return {side: torch.from_numpy(one) for side, one in rows.items()}


def _reranked(data: RetrievalTexts, words_NM: np.ndarray, seed: int) -> np.ndarray:
    """Scores of the 30 documents that share most words, by a regression on how they overlap; others are out."""
    near = np.argsort(-words_NM, axis=1)[:, :30]
    latent = fit_tfidf(data.documents, components=min(64, len(data.documents) - 1), seed=seed)
    left, right = latent(data.train), latent(data.documents)
    query_words, own_words = ([set(text.lower().split()) for text in part] for part in (data.train, data.documents))

    def overlaps(i: int, j: int) -> list[float]:
        shared = query_words[i] & own_words[j]
        same = float(left[i] @ right[j])
        return [float(words_NM[i, j]), same, len(shared) / len(query_words[i]), len(shared) / len(own_words[j])]

    pairs = [(i, int(j)) for i in range(len(near)) for j in near[i]]
    features = np.array([overlaps(i, j) for i, j in pairs])
    right_ones = np.array([j == data.positive[i] for i, j in pairs])
    scores = np.full(words_NM.shape, -np.inf)
    fitted = LogisticRegression(class_weight="balanced").fit(features, right_ones)
    scores[tuple(np.array(pairs).T)] = fitted.decision_function(features)
    return scores
