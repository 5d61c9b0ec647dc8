"""Objectives in which a weight of a pair would mean nothing."""

from counterpoint.base.errors import InputError
from counterpoint.pairwise import Objective, Problem


def unweighted(problem: Problem, objective: Objective) -> Problem:
    """The problem, if its pairs all weigh the same.

    Raises:
        InputError: They have weights.
    """
    first = slice(0, 1)
    if problem.relation.tile(first, first).weight is not None:
        raise InputError(
            f"relation weighs its pairs, and {type(objective).__name__} takes none: it looks at who is near, not at "
            "sums over pairs"
        )
    return problem
