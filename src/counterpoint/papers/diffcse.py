"""DiffCSE: besides SimCSE, the embedding must tell a second transformer which words were replaced."""

import torch
from torch import Tensor

from counterpoint.encoders import Encoder
from counterpoint.encoders.edit_detector import EditDetector
from counterpoint.evaluation import alignment
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.sentence_tuning import (
    SentenceData,
    SentenceLearner,
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
        Better(measure="edits_over_dropout", statement="And by more than in SimCSE."),
    ),
    minutes=5,
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

    def step(_: int) -> Tensor:
        inputs = learner.encoder.collate([learner.sentences[row] for row in learner.rows()])
        first, second = learner.encoder(inputs), learner.encoder(inputs)
        told = [detector.loss(side, inputs, guesser.edited(inputs)) for side in (first, second)]
        return _LOSS(first, second) + _WEIGHT * torch.stack(told).mean()

    sides = {
        "method": learner.learn(step, detector),
        "baseline": tuned(start, data.train, _LOSS, loop, seed=seed),
    }
    return {side: data.test.judged(encoder) | _moved(encoder, guesser, data, seed) for side, encoder in sides.items()}


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
