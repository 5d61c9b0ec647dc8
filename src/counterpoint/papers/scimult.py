"""SciMult: classification, links and search in one bi-encoder, with parts of its layers for each task."""

import copy
from collections.abc import Sequence

import numpy as np
import torch

from counterpoint.encoders import SmallBert
from counterpoint.encoders.experts import ATTENTION, FEED_FORWARD, Router, add_experts
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import descend
from counterpoint.experiments.text_domains import Domain, Pairs, intents, reciprocal_rank, titles
from counterpoint.experiments.text_retrieval import scifact_texts
from counterpoint.experiments.text_tasks import PairTask, single_task_batches
from counterpoint.objectives import InfoNCE

paper = Paper(
    short="SciMult",
    title="Pre-training Multi-task Contrastive Learning Models for Scientific Literature Understanding",
    authors="Zhang, Cheng, Shen, Liu, Wang and Gao",
    year=2023,
    identifier="arXiv:2305.14232",
    wing=Wing.TEXT,
    implements="one bi-encoder under InfoNCE for three tasks by turns, with task-aware experts in place of the "
    "attention or of the perceptron of each layer, or with an instruction before the text; against full sharing",
    deviates="A BERT of 2 layers and 64 dimensions from new weights, so the comparison with pre-trained models is left "
    "out. Tasks: questions to a bank and the names of their intents (Banking77), titles and first sentences (SciFact), "
    "claims and abstracts (SciFact). Negatives are those of the batch, none are mined. Judged by reciprocal rank.",
)
claim = Claim(
    statement="Task-aware experts interfere less than plain sharing.",
    checks=(
        Better(measure="mean", statement="Experts of attention: a higher mean over the tasks than full sharing."),
        Better(measure="mean", side="perceptron", statement="So do experts of the perceptron."),
        Better(measure="mean", than="instruction", statement="And experts beat an instruction."),
    ),
    minutes=3,
)

_SIZES = {Setting.TINY: (30, 20, 1), Setting.SMALL: (1500, 200, 150), Setting.FULL: (5000, 1000, 15_000)}
_WORDS = ("classify: ", "link: ", "search: ")


def trial(setting: Setting, seed: int) -> Figures:
    """The same start and the same batches for every side."""
    count, tests, steps = _SIZES[setting]
    domains = [intents(count, tests), titles(count, tests), claims(count, tests)]
    texts = [text for one in domains for side in (one.train.first, one.train.second) for text in side]
    told = [Domain(_told(one.train, word), _told(one.test, word)) for one, word in zip(domains, _WORDS, strict=True)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        start = SmallBert(dim=64, layers=2, vocabulary_size=6000, max_length=32, min_frequency=2).build(texts)
        return {
            "method": _run(start, domains, steps, seed, parts=ATTENTION),
            "perceptron": _run(start, domains, steps, seed, parts=FEED_FORWARD),
            "instruction": _run(start, told, steps, seed),
            "baseline": _run(start, domains, steps, seed),
        }


def claims(count: int, tests: int) -> Domain:
    """SciFact's claims and the abstracts that answer them; abstracts to judge by are not learnt from."""
    data = scifact_texts(queries=count + tests, documents=1, seed=0)
    pairs = Pairs(data.train, [data.documents[row] for row in data.positive])
    kept = set(pairs.second[:tests])
    new = [row for row in range(tests, len(pairs)) if pairs.second[row] not in kept]
    return Domain(
        Pairs([pairs.first[row] for row in new], [pairs.second[row] for row in new]),
        Pairs(pairs.first[:tests], pairs.second[:tests]),
    )


def _told(pairs: Pairs, word: str) -> Pairs:
    return Pairs([word + text for text in pairs.first], pairs.second)


def _run(
    start: HuggingFaceEncoder, domains: Sequence[Domain], steps: int, seed: int, *, parts: Sequence[str] = ()
) -> dict[str, float]:
    """Learn, and rank each task's second sides for its first ones."""
    encoder = copy.deepcopy(start)
    router = add_experts(encoder, len(domains), parts=parts) if parts else Router(len(domains))
    loss = InfoNCE(temperature=0.05)
    tasks = [PairTask(one.train.first, one.train.second, lambda a, b, _: loss(a, b)) for one in domains]
    step = single_task_batches(encoder, tasks, batch_size=32, seed=seed, entering=router.choose)
    descend(encoder, step, steps=steps, learning_rate=1e-3)
    ranks = []
    for number, domain in enumerate(domains):
        router.choose(number)
        ranks.append(reciprocal_rank(encoder, domain.test))
    return {"mean": float(np.mean(ranks)), **{f"task_{number}": value for number, value in enumerate(ranks)}}
