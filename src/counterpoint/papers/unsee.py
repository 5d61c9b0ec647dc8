"""UNSEE: losses without negatives on two passes of a sentence, with and without a target network."""

import copy

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.evaluation import effective_rank
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import Step
from counterpoint.experiments.sentence_tuning import (
    SentenceData,
    SentenceLearner,
    SentenceLoop,
    sentence_data,
    sentence_start,
)
from counterpoint.methods.momentum import follow
from counterpoint.objectives import BarlowTwins, InfoNCE, VICReg
from counterpoint.pairwise import Loss

paper = Paper(
    short="UNSEE",
    title="UNSEE: Unsupervised Non-contrastive Sentence Embeddings",
    authors="Cagatan",
    year=2024,
    identifier="arXiv:2401.15316",
    wing=Wing.TEXT,
    implements="non-contrastive losses of an online network, whose projection is compared with the embedding of a "
    "target network that follows its encoder, in both directions; against the same losses in SimCSE's setup and "
    "against SimCSE",
    deviates="The small setting of SimCSE (see there) in place of BERT-base, Wikipedia and MTEB. As in public code: "
    "Barlow Twins and VICReg with their weights, momentum 0.999, AdamW at 0.0001, the rise over a tenth of the steps, "
    "gradients cut to norm 1, batches of 32, and a projection of four perceptrons; they are 2 times as wide as "
    "the embedding inside, not 10 times. Barlow Twins normalises without a learnt scale. The last of the steps is "
    "judged, not the best on the development part. SimCSE has the same steps. Nothing was tuned. In `small`, 50 steps.",
)
claim = Claim(
    statement="A target network keeps losses without negatives from collapse and makes them as good as SimCSE.",
    checks=(
        Better(measure="effective_rank", than="barlow alone", statement="More dimensions in use than without it."),
        Better(measure="spearman", than="barlow alone", statement="And similarity is better."),
        Better(measure="spearman", by=-0.01, statement="Within a point of SimCSE."),
        Better(measure="spearman", side="vicreg", by=-0.01, statement="So is VICReg."),
    ),
    minutes=12,
    seeds=10,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 50, Setting.FULL: 31_250}
_MOMENTUM, _STACK, _WIDER = 0.999, 4, 2
_WARM, _CLIP, _DECAY = 0.1, 1.0, 0.01


def trial(setting: Setting, seed: int) -> Figures:
    """SimCSE, and losses without negatives with the target network, one of them without it too."""
    data, loop = sentence_data(setting), SentenceLoop(steps=_STEPS[setting])
    sides: dict[str, tuple[Loss, bool]] = {
        "baseline": (InfoNCE(temperature=0.05), False),
        "method": (BarlowTwins(), True),
        "barlow alone": (BarlowTwins(), False),
        "vicreg": (VICReg(), True),
    }
    start = sentence_start(setting)
    return {
        side: _measured(data, SentenceLearner(start, data.train, loop, seed=seed), loss, target=target)
        for side, (loss, target) in sides.items()
    }


def _measured(
    data: SentenceData, learner: SentenceLearner[HuggingFaceEncoder], loss: Loss, *, target: bool
) -> dict[str, float]:
    """Similarity and effective rank after all steps; without a target network there is no projection either."""
    encoder = learner.encoder
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(learner.seed)
        online = OnlineNetwork(encoder) if target else encoder

        def step(_: int) -> Tensor:
            inputs = encoder.collate([learner.sentences[row] for row in learner.rows()])
            if isinstance(online, OnlineNetwork):
                return online.loss(inputs, loss)
            return loss(encoder(inputs), encoder(inputs))

        descend_warmed(online, step, learner.loop)
    rank = effective_rank(encoder.encode(data.test.first, batch_size=64)).value
    return data.test.judged(encoder) | {"effective_rank": rank}


class OnlineNetwork(nn.Module):
    """An encoder with a projection of its own width, and the target: an average of the encoder without a projection.

    Args:
        encoder: Learns.
    """

    def __init__(self, encoder: HuggingFaceEncoder) -> None:
        super().__init__()
        self.encoder, dim = encoder, encoder.embedding_dim
        self.target = copy.deepcopy(encoder).requires_grad_(False)
        self.projection = nn.Sequential(*[_perceptron(dim, _WIDER * dim) for _ in range(_STACK)])

    def loss(self, inputs: dict[str, Tensor], loss: Loss) -> Tensor:
        """Projections of each of two passes against the target's embeddings of the other pass, summed."""
        # the step before is over: at the first one both are the same
        follow(self.target, self.encoder, _MOMENTUM)
        first, second = (self.projection(self.encoder(inputs)) for _ in range(2))
        with torch.no_grad():
            targets = [self.target(inputs) for _ in range(2)]
        return loss(first, targets[1]) + loss(second, targets[0])


def _perceptron(dim: int, hidden: int) -> nn.Module:
    """Three linear maps, with normalisation over the batch after the first."""
    layers = (nn.Linear(dim, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
    return nn.Sequential(*layers, nn.Linear(hidden, dim))


def descend_warmed(learners: nn.Module, step: Step, loop: SentenceLoop) -> None:
    """AdamW as sentence-transformers sets it: the rate rises over a tenth of the steps, then falls to 0 on a line.

    Args:
        learners: Whose parameters learn, with gradients of norm 1 at most; left in evaluation mode.
        step: Gives the loss of every batch.
        loop: Steps and the highest rate.
    """
    weights = [one for one in learners.parameters() if one.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=loop.learning_rate, weight_decay=_DECAY)
    rise = max(1, round(_WARM * loop.steps))
    fall = max(1, loop.steps - rise)
    schedule = LambdaLR(optimiser, lambda done: min((done + 1) / rise, (loop.steps - done) / fall))
    learners.train()
    for number in range(loop.steps):
        optimiser.zero_grad()
        step(number).backward()
        nn.utils.clip_grad_norm_(weights, _CLIP)
        optimiser.step()
        schedule.step()
    learners.eval()
