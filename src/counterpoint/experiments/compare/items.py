"""A contest on interactions: every candidate ranks all items that a user has not taken, for the same test."""

import statistics
import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from counterpoint.data.interactions import Split
from counterpoint.evaluation import NDCG, Qrels, Statistic, mean_of
from counterpoint.evaluation.recommendation import Scores, dot_scores, popularity_scores, top_items
from counterpoint.evaluation.retrieval import Ranked
from counterpoint.experiments.compare.contest import GiveUp
from counterpoint.experiments.compare.looks import Followed, Tell, follow
from counterpoint.experiments.compare.plan import Costs
from counterpoint.experiments.compare.probe import HELD_STEPS, SLIGHT
from counterpoint.experiments.compare.run import Ran
from counterpoint.experiments.compare.space import RATE, with_values
from counterpoint.experiments.compare.terms import INTERACTIONS, Terms
from counterpoint.experiments.peak import peak_bytes
from counterpoint.experiments.recommend import Learner, Look, Vectors, train_recommender
from counterpoint.experiments.recommender.recipe import Recommender
from counterpoint.experiments.recommender.sequence_recipe import SequentialRecommender
from counterpoint.experiments.recommender.sequential import learn_sequences, learner_of

AnyRecommender = Recommender | SequentialRecommender
MEASURE = NDCG(20)
"""Of the test. Epochs and trials are chosen by recall@20 of the validation part, as ``train`` chooses epochs."""

TIMED = 3
"""Epochs that are timed; the first one is not counted: it warms up."""


class ItemContest:
    """See :class:`Contest`: trials are judged by recall@20 of the validation part, the test by nDCG@20 of each user.

    Args:
        split: Learnt from, chosen by and judged on; what is known before the test is not recommended again.
    """

    terms: Terms = INTERACTIONS
    measure: str = MEASURE.name

    def __init__(self, split: Split) -> None:
        self._split, self._known = split, split.known
        self._asked = np.unique(split.test.users)

    @property
    def references(self) -> Mapping[str, float]:
        """How many users took an item, which knows nobody."""
        return {"popularity": float(self._judged(popularity_scores(self._known.matrix)).mean())}

    def settled(self, recipe: AnyRecommender, *, length: int, seed: int) -> AnyRecommender:
        """With so many epochs at most."""
        if isinstance(recipe, Recommender):
            return replace(recipe, settings=replace(recipe.settings, epochs=length), seed=seed)
        return replace(recipe, settings=replace(recipe.settings, epochs=length), seed=seed)

    def costs(self, recipe: AnyRecommender) -> Costs:
        """An epoch with its looks: so trials are judged for nothing."""
        short = self.settled(with_values(recipe, {RATE: SLIGHT}), length=TIMED, seed=recipe.seed)
        ends: list[float] = []
        vectors = self._learnt(short, lambda at, value: ends.append(time.perf_counter()))
        began = time.perf_counter()
        self._judged(dot_scores(*vectors))
        judging = time.perf_counter() - began
        return Costs(
            step=statistics.mean(np.diff(ends)),
            validate=0.0,
            test=judging,
            peak_bytes=peak_bytes(lambda: self._hold(short)),
        )

    def tune(self, recipe: AnyRecommender, give_up: GiveUp) -> Ran:
        """By its best look at the validation part."""
        return self._followed(recipe, give_up).ran()

    def test(self, recipe: AnyRecommender) -> Ran:
        """Users without a test item are not asked."""
        followed = self._followed(recipe)
        assert followed.found is not None  # nobody gave it up
        per_user = self._judged(dot_scores(*followed.found))
        return followed.ran(per_user, float(per_user.mean()))

    def statistic(self, per_example: np.ndarray) -> Statistic:
        """The mean over users."""
        return mean_of(per_example)

    def _followed(self, recipe: AnyRecommender, give_up: GiveUp | None = None) -> Followed[Vectors]:
        return follow(lambda tell: self._learnt(recipe, tell), length=recipe.settings.epochs, give_up=give_up)

    def _learnt(self, recipe: AnyRecommender, tell: Tell) -> Vectors:
        """Of users, as they are known before the test, and of items."""

        def told(look: Look) -> None:
            tell(look.epoch, look.recall)

        if isinstance(recipe, Recommender):
            return train_recommender(self._split, recipe.contrast, recipe.settings, seed=recipe.seed, tell=told)[0]
        return learn_sequences(recipe, self._split, tell=told)[0].vectors(self._known)

    def _hold(self, recipe: AnyRecommender) -> None:
        """Weights, gradients, moments and a batch at work."""
        if isinstance(recipe, Recommender):
            Learner(self._split.train, recipe.contrast, recipe.settings, seed=recipe.seed).epoch()
        else:
            learner_of(recipe, self._split).learn(after=lambda step, loss: step == HELD_STEPS)

    def _judged(self, scores: Scores) -> np.ndarray:
        """The measure of every user who has a test item, `[N]`."""
        asked, test = self._asked, self._split.test.matrix
        best = top_items(scores, self._known.matrix, asked, MEASURE.k)
        row, item = test[asked].nonzero()
        qrels = Qrels.of_triples(row, item, n_queries=len(asked), n_candidates=self._split.test.shape[1])
        grades, ideal = qrels.grades(0, best), qrels.ideal(0, len(asked), MEASURE.k)
        return MEASURE(Ranked(grades, ideal, qrels.relevant_count()))
