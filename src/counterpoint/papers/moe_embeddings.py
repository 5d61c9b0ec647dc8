"""Experts by domain: one encoder whose perceptrons are copied for every domain, against one encoder for each."""

import copy
from collections.abc import Sequence

import numpy as np
import torch

from counterpoint.encoders import SmallBert
from counterpoint.encoders.experts import Router, add_experts
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import descend
from counterpoint.experiments.text_domains import Domain, captions, neighbours, pair_auc, titles
from counterpoint.experiments.text_tasks import PairTask, single_task_batches
from counterpoint.objectives import CLIP

paper = Paper(
    short="MoE-Sentence-Embeddings",
    title="Contrastive Learning and Mixture of Experts Enables Precise Vector Embeddings",
    authors="Hallee, Kapur, Patel, Gleghorn and Khomtchouk",
    year=2024,
    identifier="arXiv:2401.15713",
    wing=Wing.TEXT,
    implements="the perceptron of every layer copied into experts, routed by the known domain, all else shared; "
    "multiple-negatives ranking over pairs of one domain; against an encoder for each domain, one for all, and none",
    deviates="A BERT of 2 layers and 64 dimensions from new weights, so that experts begin as copies of untrained "
    "parts; titles with first sentences (SciFact), sentences with the next one (novels) and captions in two languages "
    "(Multi30k) in place of five domains of co-cited abstracts. No token names the domain. Pairs are told from "
    "strangers by the area under the curve. Each domain gets as many batches from every side.",
)
claim = Claim(
    statement="One encoder with routed experts is about as good as one encoder for each domain, and better than one "
    "shared encoder of the same active size.",
    checks=(
        Better(measure="mean_auc", than="single", by=-0.02, statement="Within 0.02 of three single encoders."),
        Better(measure="mean_auc", statement="Better than one shared encoder."),
        Better(measure="mean_auc", than="untrained", statement="Better than no training."),
    ),
    minutes=8,
    seeds=10,
)

_SIZES = {Setting.TINY: (30, 20, 1), Setting.SMALL: (2000, 300, 100), Setting.FULL: (5000, 1000, 5000)}


def trial(setting: Setting, seed: int) -> Figures:
    """The same start for every side."""
    count, tests, steps = _SIZES[setting]
    domains = [titles(count, tests), neighbours(count, tests), captions(count, tests)]
    texts = [text for one in domains for side in (one.train.first, one.train.second) for text in side]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        start = SmallBert(dim=64, layers=2, vocabulary_size=6000, max_length=24, min_frequency=2).build(texts)
        routed = copy.deepcopy(start)
        router = add_experts(routed, len(domains))
        _learn(routed, domains, 3 * steps, seed, router)
        shared = _learn(copy.deepcopy(start), domains, 3 * steps, seed)
        single = [_learn(copy.deepcopy(start), [one], steps, seed) for one in domains]
    figures = {"method": _judged([routed] * 3, domains, router), "baseline": _judged([shared] * 3, domains)}
    return figures | {"single": _judged(single, domains), "untrained": _judged([start] * 3, domains)}


def _learn(
    encoder: HuggingFaceEncoder, domains: Sequence[Domain], steps: int, seed: int, router: Router | None = None
) -> HuggingFaceEncoder:
    loss = CLIP(temperature=0.05)
    tasks = [PairTask(one.train.first, one.train.second, lambda a, b, _: loss(a, b)) for one in domains]
    entering = None if router is None else router.choose
    step = single_task_batches(encoder, tasks, batch_size=32, seed=seed, entering=entering)
    descend(encoder, step, steps=steps, learning_rate=1e-3)
    return encoder


def _judged(
    encoders: Sequence[HuggingFaceEncoder], domains: Sequence[Domain], router: Router | None = None
) -> dict[str, float]:
    found = []
    for number, (encoder, domain) in enumerate(zip(encoders, domains, strict=True)):
        if router is not None:
            router.choose(number)
        found.append(pair_auc(encoder.eval(), domain.test))
    return {"mean_auc": float(np.mean(found)), **{f"auc_{number}": value for number, value in enumerate(found)}}
