"""Items that nobody has taken and that are no candidates in training, ranked at the test among all others."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.data.interactions import Interactions, Split
from counterpoint.evaluation.recommendation import Group
from counterpoint.experiments.next_item import SequenceLearner, SequenceSettings
from counterpoint.experiments.recommend import ranking


class Unseen:
    """Sequences of which a tenth of the items is taken out of what is learnt from and of what is known at the test.

    Attributes:
        order: Of the new numbers the old ones, int64 `[I]`: items that are taken out come last.
        seen: How many are not.
        whole: With all items.
        data: With those that are seen alone.
    """

    def __init__(self, whole: Split, *, seed: int) -> None:
        """Draw what is taken out."""
        hidden = np.random.default_rng(seed).random(whole.train.shape[1]) < 0.1
        self.order, self.seen = np.argsort(hidden, kind="stable"), int((~hidden).sum())
        train, validation, test = (self._renumbered(part) for part in (whole.train, whole.validation, whole.test))
        self.whole = Split(train=train, validation=validation, test=test)
        self.data = Split(train=self._offered(train), validation=self._offered(validation), test=self._offered(test))

    def _renumbered(self, part: Interactions) -> Interactions:
        names = [part.item_names[item] for item in self.order]
        return replace(part, items=np.argsort(self.order)[part.items], item_names=names)

    def _offered(self, part: Interactions) -> Interactions:
        return replace(part.only(part.items < self.seen), item_names=part.item_names[: self.seen])


class _Offered(nn.Module):
    # The vectors of the first items alone.

    def __init__(self, items: nn.Module, count: int) -> None:
        super().__init__()
        self.items, self.count = items, count

    def forward(self) -> Tensor:
        return self.items()[: self.count]


class UnseenLearner:
    """A recommender of sequences that learns from the items seen, and is watched.

    Attributes:
        items: Gives the vectors of all items.
        learner: Of those that are seen.
        recalls: Recall@20 of the test before the first step and after every ``look`` ones.
    """

    def __init__(
        self, unseen: Unseen, settings: SequenceSettings, *, seed: int, items: Callable[[], nn.Module], look: int
    ) -> None:
        """Draw the weights.

        Args:
            unseen: Learnt from and judged by.
            settings: Sizes and length.
            seed: Of weights, batches and dropout.
            items: From torch's random state to what gives the vectors of all items `[I, D]`.
            look: Steps from one recall to the next.
        """
        self.unseen, self.look = unseen, look
        self.recalls: list[float] = []
        self.learner = SequenceLearner(unseen.data, settings, seed=seed, items=lambda: self._offered(items()))

    def _offered(self, items: nn.Module) -> _Offered:
        self.items = items
        return _Offered(items, self.unseen.seen)

    def learn(self, heads: nn.Module | None = None) -> None:
        """All steps.

        Args:
            heads: From states `[n, D]` and the items that came next, int64 `[n]`, to a further loss; they learn, too.
        """
        steps = 0

        def watched(states: Tensor, items: Tensor) -> Tensor:
            nonlocal steps
            if steps % self.look == 0:
                self.recalls.append(self.judged(groups=())["recall@20"])
            steps += 1
            return states.new_zeros(()) if heads is None else heads(states, items)

        self.learner.learn(watched, heads=heads)

    @torch.no_grad()
    def judged(self, groups: Sequence[Group] | None = None) -> dict[str, float]:
        """Recall and nDCG of the test, all items competing; by default also for those ``unseen`` and ``seen``."""
        whole, encoder = self.unseen.whole, self.learner.encoder
        everyone, new = np.ones(whole.test.shape[0], dtype=bool), np.arange(len(self.unseen.order)) >= self.unseen.seen
        groups = (Group("unseen", everyone, new), Group("seen", everyone, ~new)) if groups is None else groups
        training = encoder.training
        encoder.eval()
        vectors = self.learner.vectors(self.unseen.data.known)[0], self.items().numpy()
        encoder.train(training)
        return ranking(vectors, whole.known, whole.test, groups=groups)
