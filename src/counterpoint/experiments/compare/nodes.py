"""A contest on the edges of a graph: whose vectors tell edges that were held out from pairs without one."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from counterpoint.base.errors import DivergedError
from counterpoint.evaluation import Statistic, mean_of
from counterpoint.evaluation.cosine import paired
from counterpoint.evaluation.placements import auc_shares
from counterpoint.experiments.compare.contest import GiveUp
from counterpoint.experiments.compare.looks import Followed, Tell, follow
from counterpoint.experiments.compare.plan import Costs
from counterpoint.experiments.compare.probe import HELD_STEPS, SLIGHT, STEPS
from counterpoint.experiments.compare.run import Ran
from counterpoint.experiments.compare.space import RATE, with_values
from counterpoint.experiments.compare.terms import EDGES, Terms
from counterpoint.experiments.graph_job.job import Look, learn_to_best
from counterpoint.experiments.graph_job.learning import Found, learn
from counterpoint.experiments.graph_job.opened import OpenedGraph
from counterpoint.experiments.graph_job.recipe import NodeLearner
from counterpoint.experiments.peak import peak_bytes
from counterpoint.experiments.protocols.graphs import judged_pairs


class NodeContest:
    """See :class:`Contest`: all is judged by the AUC of links, of the edges to choose by and of those of the test.

    Args:
        opened: With edges to judge by.
    """

    terms: Terms = EDGES
    measure: str = "link_auc"

    def __init__(self, opened: OpenedGraph) -> None:
        self._opened = opened
        unlinked = partial(opened.unlinked, opened.test)
        # The pairs that a run is judged on.
        self._held, self._others = judged_pairs(opened.test, unlinked, np.random.default_rng(0))

    @property
    def references(self) -> Mapping[str, float]:
        """The given features, where there are any, and FastRP's vectors of the edges that are learnt from."""
        given = self._opened.features
        rows = {**({} if given is None else {"features": given.toarray()}), "FastRP": self._opened.drawn}
        return {name: float(self._shares(one).mean()) for name, one in rows.items()}

    def settled(self, recipe: NodeLearner, *, length: int, seed: int) -> NodeLearner:
        """With so many steps at most."""
        if recipe.clustering is not None:
            return replace(recipe, clustering=replace(recipe.clustering, steps=length), seed=seed)
        return replace(recipe, loop=replace(recipe.loop, steps=length), seed=seed)

    def rehearse(self, recipe: NodeLearner) -> None:
        """Take one step.

        Raises:
            InputError: The objective cannot learn from views of these nodes.
        """
        short = self.settled(recipe, length=1, seed=recipe.seed)
        learn(short, self._opened.train, lambda step, loss, find: True)

    def costs(self, recipe: NodeLearner) -> Costs:
        """A step, with its part of a look: so trials are judged for nothing."""
        slight = with_values(recipe, {RATE: SLIGHT})
        ends: list[float] = []
        looking = 0.0

        def watch(step: int, loss: float, find: Callable[[], Found]) -> bool:
            nonlocal looking
            ends.append(time.perf_counter())
            if step == STEPS:
                self._shares(find().vectors)
                looking = time.perf_counter() - ends[-1]
            return step == STEPS

        learn(self.settled(slight, length=STEPS, seed=recipe.seed), self._opened.train, watch)
        held = self.settled(slight, length=HELD_STEPS, seed=recipe.seed)
        peak = peak_bytes(lambda: learn(held, self._opened.train, lambda step, loss, find: step == HELD_STEPS))
        step = float(np.median(np.diff(ends))) + looking / recipe.look
        return Costs(step=step, validate=0.0, test=looking, peak_bytes=peak)

    def tune(self, recipe: NodeLearner, give_up: GiveUp) -> Ran:
        """By its best look at the edges to choose by."""
        return self._followed(recipe, give_up).ran()

    def test(self, recipe: NodeLearner) -> Ran:
        """An example is a pair of nodes: first those that an edge joins, then as many others."""
        followed = self._followed(recipe)
        assert followed.found is not None  # nobody gave it up
        shares = self._shares(followed.found)
        return followed.ran(shares, float(shares.mean()))

    def statistic(self, per_example: np.ndarray) -> Statistic:
        """The AUC, to first order, of pairs that are drawn more or less often."""
        return mean_of(per_example)

    def _followed(self, recipe: NodeLearner, give_up: GiveUp | None = None) -> Followed[np.ndarray]:
        return follow(lambda tell: self._learnt(recipe, tell), length=recipe.steps, give_up=give_up)

    def _learnt(self, recipe: NodeLearner, tell: Tell) -> np.ndarray:
        """Vectors of the nodes, `[N, D]`."""

        def told(look: Look) -> None:
            tell(look.step, look.auc)

        return learn_to_best(recipe, self._opened, tell=told)[0].vectors

    def _shares(self, vectors: np.ndarray) -> np.ndarray:
        """What each test pair has to do with the AUC, by cosine."""
        first, second = np.concatenate([self._held, self._others]).T
        scores = paired(vectors[first], vectors[second]).astype(np.float64)
        if not np.isfinite(scores).all():
            raise DivergedError("the vectors of nodes are not finite")
        return auc_shares(scores[: len(self._held)], scores[len(self._held) :])
