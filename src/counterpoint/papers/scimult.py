"""SciMult: classification, links and search in one bi-encoder, with parts of its layers for each task."""

import copy
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.data.planted_aspects import AspectTexts, planted_aspects
from counterpoint.encoders import Encoder, SmallBert
from counterpoint.encoders.experts import ATTENTION, FEED_FORWARD, Experts, Router, add_experts
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.evaluation import Qrels, retrieval_values
from counterpoint.evaluation.retrieval import MRR
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import Step, descend
from counterpoint.experiments.made_part import with_made
from counterpoint.experiments.task_gradients import gradient_agreement
from counterpoint.experiments.text_domains import Domain, Pairs, intents, titles
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
    "attention or of the perceptron of each layer, or with an instruction before the text; against full sharing; how "
    "far the gradients of tasks agree on the weights that all of them use",
    deviates="A BERT of 2 layers and 64 dimensions from new weights, so the comparison with pre-trained models is left "
    "out. Tasks: questions to a bank and the names of their intents (Banking77), titles and first sentences (SciFact), "
    "claims and abstracts (SciFact). Negatives are those of the batch, none are mined. Judged by reciprocal rank. On "
    "made texts each task asks for the one that shares another of three aspects, among the mates of all tasks.",
)
_CHECKS = (
    Better(measure="mean", statement="Experts of attention: a higher mean over the tasks than full sharing."),
    Better(measure="mean", side="perceptron", statement="So do experts of the perceptron."),
    Better(measure="mean", than="instruction", statement="And experts beat an instruction."),
    Better(measure="agreement", statement="Gradients of the tasks agree more on what is shared."),
)
claim = Claim(
    statement="Task-aware experts interfere less than plain sharing.",
    checks=(*_CHECKS, *(replace(check, measure=f"made/{check.measure}", on="made data") for check in _CHECKS)),
    minutes=20,
    seeds=5,
)

_SIZES = {Setting.TINY: (30, 20, 1), Setting.SMALL: (1500, 200, 150), Setting.FULL: (5000, 1000, 15_000)}
_MADE_SIZES = {Setting.TINY: (30, 20, 1), Setting.SMALL: (2000, 150, 1000), Setting.FULL: (20_000, 500, 10_000)}
"""Texts to learn from and to judge by, and steps."""
_WORDS = ("classify: ", "link: ", "search: ")
_LOSS = InfoNCE(temperature=0.05)
_LOOKS, _LOOKED_AT = 10, 128
"""How often gradients are compared, and by how many pairs of a task."""

Tasks = Sequence[tuple[Domain, Sequence[str]]]
"""Pairs of each task, and the texts among which second sides of its test part are to be found."""


def trial(setting: Setting, seed: int) -> Figures:
    """The same start and the same batches for every side, on real tasks and on made ones."""
    count, tests, steps = _SIZES[setting]
    domains = [intents(count, tests), titles(count, tests), claims(count, tests)]
    real = [(one, list(dict.fromkeys(one.test.second))) for one in domains]
    count, tests, made_steps = _MADE_SIZES[setting]
    made = by_aspects(planted_aspects(texts=count, seed=2 * seed), planted_aspects(texts=tests, seed=2 * seed + 1))
    return with_made(_compared(real, steps, seed), _compared(made, made_steps, seed))


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


def by_aspects(train: AspectTexts, test: AspectTexts) -> Tasks:
    """A task for each aspect of the same texts; mates of all aspects are there to be found."""
    among = [text for mates in test.mates for text in mates]
    return [
        (Domain(Pairs(train.texts, mates), Pairs(test.texts, others)), among)
        for mates, others in zip(train.mates, test.mates, strict=True)
    ]


def _compared(tasks: Tasks, steps: int, seed: int) -> Figures:
    texts = [text for one, _ in tasks for side in (one.train.first, one.train.second) for text in side]
    told = [
        (Domain(_told(one.train, word), _told(one.test, word)), among)
        for (one, among), word in zip(tasks, _WORDS, strict=True)
    ]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        start = SmallBert(dim=64, layers=2, vocabulary_size=6000, max_length=32, min_frequency=2).build(texts)
        return {
            "method": _run(start, tasks, steps, seed, parts=ATTENTION),
            "perceptron": _run(start, tasks, steps, seed, parts=FEED_FORWARD),
            "instruction": _run(start, told, steps, seed),
            "baseline": _run(start, tasks, steps, seed),
        }


def _told(pairs: Pairs, word: str) -> Pairs:
    return Pairs([word + text for text in pairs.first], pairs.second)


def _run(
    start: HuggingFaceEncoder, tasks: Tasks, steps: int, seed: int, *, parts: Sequence[str] = ()
) -> dict[str, float]:
    """Learn, compare gradients on the way, and rank each task's second sides for its first ones."""
    encoder = copy.deepcopy(start)
    router = add_experts(encoder, len(tasks), parts=parts) if parts else Router(len(tasks))
    learnt = [PairTask(one.train.first, one.train.second, lambda a, b, _: _LOSS(a, b)) for one, _ in tasks]
    step = single_task_batches(encoder, learnt, batch_size=32, seed=seed, entering=router.choose)
    draw, agreements = torch.Generator().manual_seed(seed), list[float]()

    def loss_of(number: int) -> Tensor:
        router.choose(number)
        rows = learnt[number].draw(_LOOKED_AT, draw)
        return learnt[number].loss(*learnt[number].embedded(encoder, rows), rows)

    losses, looks = [partial(loss_of, number) for number in range(len(tasks))], range(0, steps, max(1, steps // _LOOKS))
    looked = _looking(step, looks, lambda: agreements.append(gradient_agreement(losses, _shared(encoder))))
    descend(encoder, looked, steps=steps, learning_rate=1e-3)
    ranks = []
    for number, (domain, among) in enumerate(tasks):
        router.choose(number)
        ranks.append(reciprocal_rank(encoder, domain.test, among))
    by_task = {f"task_{number}": value for number, value in enumerate(ranks)}
    return {"mean": float(np.mean(ranks)), "agreement": float(np.mean(agreements)), **by_task}


def _looking(step: Step, numbers: Collection[int], look: Callable[[], None]) -> Step:
    """The same steps, with a look before those of some numbers; torch's random state does not notice."""

    def looked(number: int) -> Tensor:
        if number in numbers:
            with torch.random.fork_rng(devices=[]):
                look()
        return step(number)

    return looked


def _shared(encoder: nn.Module) -> list[nn.Parameter]:
    """Weights that are no expert's and learn."""
    own = {weight for one in encoder.modules() if isinstance(one, Experts) for weight in one.parameters()}
    return [weight for weight in encoder.parameters() if weight.requires_grad and weight not in own]


def reciprocal_rank(encoder: Encoder, pairs: Pairs, candidates: Sequence[str]) -> float:
    """Mean reciprocal rank, up to 10, of each pair's second side among all candidates, which are different."""
    place = {text: row for row, text in enumerate(candidates)}
    judged = Qrels.of_lists([[place[text]] for text in pairs.second], n_candidates=len(candidates))
    queries, found = (encoder.encode(list(side), batch_size=64) for side in (pairs.first, candidates))
    return float(retrieval_values(queries, found, judged, measures=[MRR(k=10)])[0]["mrr@10"].mean())
