"""DiffCSE: besides SimCSE, the embedding must tell a second transformer which words were replaced."""

import torch
from torch import Tensor

from counterpoint.encoders import Encoder
from counterpoint.encoders.edit_detector import EditDetector
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.evaluation import alignment
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import Step
from counterpoint.experiments.sentence_tuning import (
    SentenceData,
    SentenceLearner,
    SentenceLoop,
    sentence_data,
    sentence_loop,
    sentence_start,
    tuned,
)
from counterpoint.experiments.word_guesser import WordGuesser, learn_to_guess
from counterpoint.objectives import InfoNCE

paper = Paper(
    short="DiffCSE",
    title="DiffCSE: Difference-based Contrastive Learning for Sentence Embeddings",
    authors="Chuang, Dangovski, Luo, Zhang, Chang, Soljacic, Li, Yih, Kim and Glass",
    year=2022,
    identifier="arXiv:2204.10298",
    wing=Wing.TEXT,
    implements="Eq. 4: SimCSE plus lambda times conditional replaced-token detection, with a fixed generator that sees "
    "30 % of the words hidden",
    deviates="The small setting of SimCSE (see there). The generator is the first layer of MiniLM with a head that "
    "learnt hidden words for 150 steps, in place of DistilBERT. No batch normalisation before the contrast. Lambda is "
    "the paper's 0.005.",
)
claim = Claim(
    statement="Embeddings that know edits and forget dropout beat SimCSE's.",
    checks=(
        Better(measure="spearman", statement="Better than SimCSE at equal steps."),
        Within(measure="edits_over_dropout", above=1.0, statement="Edits move embeddings further than dropout does."),
        Within(measure="beside_simcse", below=1e-9, statement="With a weight of 0 the gradient is SimCSE's."),
    ),
    minutes=15,
    seeds=10,
)

_WEIGHT = 0.005
_LOSS = InfoNCE(temperature=0.05)
_GUESSER_STEPS = {Setting.TINY: 1, Setting.SMALL: 150, Setting.FULL: 100_000}


def trial(setting: Setting, seed: int) -> Figures:
    """SimCSE without and with the detection of replaced words."""
    data, start, loop = sentence_data(setting), sentence_start(setting), sentence_loop(setting)
    guesser = learn_to_guess(sentence_start(Setting.TINY), data.train, steps=_GUESSER_STEPS[setting])
    learner = SentenceLearner(start, data.train, loop, seed=seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        detector = EditDetector(start)

    sides = {
        "method": learner.learn(_detecting(learner, detector, guesser, _WEIGHT), detector),
        "baseline": tuned(start, data.train, _LOSS, loop, seed=seed),
    }
    figures = {side: data.test.judged(one) | _moved(one, guesser, data, seed) for side, one in sides.items()}
    figures["method"]["beside_simcse"] = _beside_simcse(start, data, detector, guesser, loop, seed)
    return figures


def _detecting(
    learner: SentenceLearner[HuggingFaceEncoder], detector: EditDetector, guesser: WordGuesser, weight: float
) -> Step:
    """SimCSE's steps, and the loss of telling which words were replaced."""

    def step(_: int) -> Tensor:
        inputs = learner.encoder.collate([learner.sentences[row] for row in learner.rows()])
        first, second = learner.encoder(inputs), learner.encoder(inputs)
        told = [detector.loss(side, inputs, guesser.edited(inputs)) for side in (first, second)]
        return _LOSS(first, second) + weight * torch.stack(told).mean()

    return step


def _beside_simcse(
    start: HuggingFaceEncoder,
    data: SentenceData,
    detector: EditDetector,
    guesser: WordGuesser,
    loop: SentenceLoop,
    seed: int,
) -> float:
    """Largest difference of the first step's gradients with a weight of 0 and without detection."""
    found = []
    for detects in (True, False):
        learner = SentenceLearner(start, data.train, loop, seed=seed)
        step = _detecting(learner, detector, guesser, 0.0) if detects else learner.contrast(_LOSS)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            step(0).backward()
        found.append([one.grad for one in learner.encoder.parameters() if one.grad is not None])
    return max(float((one - other).abs().max()) for one, other in zip(*found, strict=True))


@torch.no_grad()
def _moved(encoder: Encoder, guesser: WordGuesser, data: SentenceData, seed: int) -> dict[str, float]:
    """Mean squared distance of 64 sentences from their edited form, over that of two passes with dropout."""
    inputs = encoder.collate(data.test.first[:64])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        before, after = encoder.eval()(inputs), encoder(guesser.edited(inputs))
        passes = [encoder.train()(inputs) for _ in range(2)]
    encoder.eval()
    moved, shaken = alignment(before.numpy(), after.numpy()), alignment(passes[0].numpy(), passes[1].numpy())
    return {"edits_over_dropout": moved.value / shaken.value}
