"""Hard positives: of what is known to answer a query, that which the model finds least similar to it."""

import numpy as np

from counterpoint.retrieval.checks import at_least
from counterpoint.retrieval.mining.scorers import Scorer

_BLOCK = 1024


def hardest_positives(scorer: Scorer, groups: np.ndarray, each: int) -> np.ndarray:
    """Pairs of query and positive that are kept, at most ``each`` of a query: those that score lowest.

    Hermans, Beyer and Leibe (2017), arXiv:1703.07737, choose so within a batch; here it is among all of a query's
    positives. Of equal scores the pair of the lower number stays.

    Args:
        scorer: Scores pairs by number, 1024 at a time; memory is that of a block and of one score a pair.
        groups: int64 `[N]`, the query of each pair; equal numbers are the same query.
        each: At least 1.

    Returns:
        int64 `[n]`, numbers of pairs, ascending.

    Raises:
        InputError: ``each`` below 1, or what the scorer refuses.
    """
    at_least("positives of a query", each, 1)
    numbers = np.arange(len(groups))
    blocks = [scorer.positive_scores(numbers[start : start + _BLOCK]) for start in range(0, len(groups), _BLOCK)]
    order = np.lexsort((np.concatenate([*blocks, np.empty(0)]), groups))
    ranked = np.asarray(groups)[order]
    place = np.arange(len(ranked)) - np.searchsorted(ranked, ranked)
    return np.sort(order[place < each])
