"""Learning to retrieve: answers are found better after it, and negatives come from the pool by their number."""

import numpy as np
import torch

from counterpoint.encoders import StaticText
from counterpoint.evaluation import Qrels
from counterpoint.experiments.text_retrieval import RetrievalTexts, TextLearner, TextLoop

WORDS = ("iron", "salt", "wood", "glass", "stone", "paper")
QUESTIONS = ("hot", "sour", "dry", "clear", "hard", "thin")
TEXTS = RetrievalTexts(
    documents=[f"all about {word}" for word in WORDS],
    train=[f"what is {word}" for word in QUESTIONS],
    positive=np.arange(6),
    test=[f"which one is {word}" for word in QUESTIONS],
    judged=Qrels.paired(6),
)
LOOP = TextLoop(steps=60, batch_size=6, learning_rate=3e-2, encoder=StaticText(dim=16, min_frequency=1))


def test_answers_are_found_and_negatives_pushed_away():
    learner = TextLearner(TEXTS, LOOP, seed=0, further=["nothing at all"])
    before, rows = learner.ndcg().mean(), torch.arange(6)
    away = learner.scores(rows, torch.tensor([6])).mean()
    learner.learn(learner.retrieving(lambda step, chosen: torch.full((len(chosen), 1), 6)))
    assert learner.ndcg().mean() > max(before, 0.9)
    assert learner.scores(rows, torch.tensor([6])).mean() < away
    assert torch.equal(learner.scores(rows, rows).argmax(1), rows)


def test_negatives_are_asked_for_with_the_step_and_the_rows():
    learner, asked = TextLearner(TEXTS, LOOP, seed=0), []

    def negatives(step: int, chosen: torch.Tensor) -> torch.Tensor:
        asked.append((step, sorted(chosen.tolist())))
        return (chosen[:, None] + 1) % 6

    learner.retrieving(negatives)(7)
    assert asked == [(7, [0, 1, 2, 3, 4, 5])]
