"""SciFact: the same steps with in-batch negatives alone, with drawn ones, and with mined ones.

Every seed trains one encoder in-batch; each way then goes on from a copy of it, with the same batches and settings.
Mined negatives come from that encoder, in the ranks that ``counterpoint mine`` takes by default. Where the rules leave
too few for a query, drawn documents fill up. Figures are over all claims, and over those that no abstract answers which
also answers a training claim. Usage: python benchmarks/mining.py [--steps 80] [--seeds 3]
"""

import argparse
import copy
import json

import numpy as np
import torch
from torch import Tensor

from counterpoint.evaluation import mean_of
from counterpoint.evaluation.significance import compare_systems
from counterpoint.experiments.descend import Step
from counterpoint.experiments.text_retrieval import RetrievalTexts, TextLearner, TextLoop, picked, scifact_texts
from counterpoint.retrieval import search
from counterpoint.retrieval.mining import (
    ExcludeDuplicates,
    ExcludeKnown,
    KnownPairs,
    Plan,
    RankWindow,
    Relative,
    Rule,
    Sample,
    Space,
    Tally,
    mine,
)

NEGATIVES = 4


def known_pairs(data: RetrievalTexts) -> KnownPairs:
    """Every positive of a claim, whichever of its rows is asked for."""
    rows_of: dict[str, list[int]] = {}
    for query, row in zip(data.train, data.positive.tolist(), strict=True):
        rows_of.setdefault(query, []).append(row)
    pairs = [(number, row) for number, query in enumerate(data.train) for row in rows_of[query]]
    return KnownPairs(*zip(*pairs, strict=True), rows=len(data.documents))


def mined(learner: TextLearner, ways: dict[str, list[Rule]], seed: int) -> dict[str, tuple[Tensor, Tally]]:
    """By way, rows of documents `[N, 4]`, filled up with drawn ones."""
    data = learner.data
    corpus = learner.encoder.encode(data.documents)
    space = Space(learner.encoder.encode(data.train).__getitem__, corpus[data.positive].__getitem__, corpus)
    plan = Plan(negatives=NEGATIVES, window=RankWindow(10, 100), sample=Sample.RANDOM, seed=seed)
    drawn = np.random.default_rng(seed).integers(0, len(corpus), (len(data.train), NEGATIVES))
    known = ExcludeKnown(known_pairs(data))
    made: dict[str, tuple[Tensor, Tally]] = {}
    for name, rules in ways.items():
        every = [known, *rules, ExcludeDuplicates(corpus)]
        found = mine(space, lambda queries, k: search(queries, corpus, k), np.arange(len(data.train)), plan, every)
        made[name] = torch.from_numpy(np.where(found.rows >= 0, found.rows, drawn)), found.tally
    return made


def go_on(start: TextLearner, negatives: Tensor | None) -> np.ndarray:
    """NDCG at 10 of every claim to judge by, after as many steps again with these negatives."""
    learner = copy.copy(start)
    learner.encoder = copy.deepcopy(start.encoder)
    learner.learn(in_batch(learner) if negatives is None else learner.retrieving(lambda _, chosen: negatives[chosen]))
    return learner.ndcg()


def in_batch(learner: TextLearner) -> Step:
    """The steps of ``learner.retrieving`` without its further negatives: the same batches."""
    draw = torch.Generator().manual_seed(learner.seed)
    positive = torch.from_numpy(learner.data.positive)

    def step(number: int) -> Tensor:
        chosen = torch.randperm(len(positive), generator=draw)[: learner.loop.batch_size]
        queries = learner.encoder(picked(learner.queries, chosen))
        return learner.loss(queries, learner.encoder(picked(learner.pool, positive[chosen])))

    return step


def ways(data: RetrievalTexts, loop: TextLoop, seed: int) -> dict[str, np.ndarray]:
    start = TextLearner(data, loop, seed=seed)
    start.learn(in_batch(start))
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randint(len(data.documents), (len(data.train), NEGATIVES), generator=generator)
    found = {"in-batch": go_on(start, None), "in-batch and drawn": go_on(start, drawn)}
    for name, (rows, tally) in mined(start, {"mined": [], "mined, share 0.95": [Relative(0.95)]}, seed).items():
        found[name] = go_on(start, rows)
        print(f"seed {seed}, {name}: {found[name].mean():.4f}; short {tally.short} of {tally.queries}", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=80)
    parser.add_argument("--seeds", type=int, choices=range(2, 100), metavar="S", default=3)
    parser.add_argument("--batch-size", type=int, default=32)
    given = parser.parse_args()
    data = scifact_texts(queries=10_000, documents=5183, seed=0)
    loop = TextLoop(steps=given.steps, batch_size=given.batch_size)
    print(f"{len(data.documents)} documents, {len(data.train)} pairs, {len(data.test)} claims to judge by", flush=True)
    runs = [ways(data, loop, seed) for seed in range(given.seeds)]
    show("all claims", runs)
    fresh = ~seen(data)
    show("claims whose answers are all unseen", [{name: values[fresh] for name, values in run.items()} for run in runs])


def seen(data: RetrievalTexts) -> np.ndarray:
    """Which claims to judge by are answered by a positive of the training pairs, bool `[Q]`."""
    query, document = np.divmod(data.judged.key[data.judged.grade > 0], data.judged.n_candidates)
    return np.bincount(query, np.isin(document, data.positive), minlength=data.judged.n_queries) > 0


def show(title: str, runs: list[dict[str, np.ndarray]]) -> None:
    """Means of every way and differences of every two, with intervals over claims and seeds."""
    names = list(runs[0])
    claims = len(runs[0][names[0]])
    print(f"{title}: {claims}")
    alone, apart = compare_systems([[mean_of(run[name]) for run in runs] for name in names], claims)
    for name, one in zip(names, alone, strict=True):
        means = [float(run[name].mean()) for run in runs]
        print(json.dumps({"negatives": name, "ndcg@10": means, "mean": one.value, "sd": float(np.std(means, ddof=1))}))
    for two in apart:
        value, low, high = (-two.estimate.value, -two.estimate.high, -two.estimate.low)
        against = f"{names[two.second]} minus {names[two.first]}"
        print(
            json.dumps({"difference": against, "value": value, "interval": [low, high], "corrected p": two.corrected})
        )


if __name__ == "__main__":
    main()
