"""A recommender of sequences that is looked at while it learns, and kept as it was at its best."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.encoders.encoding import evaluating
from counterpoint.experiments.next_item import SequenceLearner
from counterpoint.experiments.recommend import ranking


@dataclass(frozen=True)
class Looked:
    """What a recommender of sequences is like after some steps.

    Attributes:
        step: From 1 on.
        loss: The mean since the look before.
        reached: The first measure of the validation part.
    """

    step: int
    loss: float
    reached: float


def learn_to_best(
    learner: SequenceLearner,
    *,
    look: int,
    measures: tuple[str, ...] = ("ndcg@10",),
    patience: int | None = None,
    tell: Callable[[Looked], None] = lambda looked: None,
) -> int:
    """Learn; in the end the encoder has the weights of its best look at the validation part.

    Args:
        learner: Learns, and is looked at after every so many steps and after the last; users are known by what they
            took in the training part.
        look: Steps between looks.
        measures: Of :func:`ranking`; where the first are equal, the next decides.
        patience: Looks without a better one after which learning ends; None for all steps.
        tell: Told of every look.

    Returns:
        The steps before the best look.
    """
    encoder, data = learner.encoder, learner.data
    best, kept, at, since, losses = (-1.0,), dict[str, Tensor](), 0, 0, list[Tensor]()

    def after(step: int, loss: Tensor) -> bool:
        nonlocal best, kept, at, since
        losses.append(loss)
        if step % look and step != learner.settings.steps:
            return False
        with evaluating(encoder):
            found = ranking(learner.vectors(data.train), data.train, data.validation, groups=())
        reached = tuple(found[measure] for measure in measures)
        tell(Looked(step, float(torch.stack(losses).mean()), reached[0]))
        losses.clear()
        since += 1
        if reached > best:
            best, kept, at, since = reached, copy.deepcopy(encoder.state_dict()), step, 0
        return patience is not None and since >= patience

    learner.learn(after=after)
    encoder.load_state_dict(kept)
    return at
