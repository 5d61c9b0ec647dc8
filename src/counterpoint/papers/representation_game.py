"""A representation-learning game: what a mixture of representations saves over the best single one."""

from itertools import combinations

import numpy as np
from scipy import optimize

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within

paper = Paper(
    short="RepresentationGame",
    title="A representation-learning game for classes of prediction tasks",
    authors="Uzan and Weinberger",
    year=2024,
    identifier="arXiv:2403.06971",
    wing=Wing.OBJECTIVES,
    implements="the linear game under squared error: its pure value, its mixed value, and the iterative algorithm",
    deviates="Tasks and features of 6 dimensions with random spectra; the mixed value is found by a linear programme "
    "over all representations that keep eigendirections; in the iterative algorithm both answer in any direction.",
)
claim = Claim(
    statement="The regret of the best representation has a closed form, and mixing representations lowers it further.",
    checks=(
        Within(measure="pure_error", below=1e-6, statement="The pure optimum is the first eigenvalue left out."),
        Within(measure="mixed_error", below=1e-6, statement="The mixed value is the closed form."),
        Within(
            measure="iterated", below=1.05, statement="The iterative algorithm comes within 5 % of the mixed value."
        ),
        Better(measure="regret", than="pure", lower=True, statement="Mixing lowers the worst regret of the best one."),
        Better(
            measure="regret", lower=True, statement="The mixture beats plain PCA, which knows nothing of the tasks."
        ),
    ),
    minutes=0.2,
)

_D, _KEPT = 6, 2
_ROUNDS = {Setting.TINY: 20, Setting.SMALL: 2_000, Setting.FULL: 20_000}


def trial(setting: Setting, seed: int) -> Figures:
    """One random game: features of covariance ``sigma``, tasks ``f`` with ``f^T S^-1 f <= 1``."""
    rng = np.random.default_rng(seed)
    sigma, tasks = (_covariance(rng) for _ in range(2))
    root = _root(tasks)
    game = root @ sigma @ root
    values = np.linalg.eigvalsh(game)[::-1]
    pure, mixed = values[_KEPT], _closed_form(values)
    return {
        "method": {
            "regret": mixed,
            "pure_error": abs(_best_single(values) - pure),
            "mixed_error": abs(_best_mixture(values) - mixed),
            "iterated": _iterated(game, _ROUNDS[setting]) / mixed,
        },
        "pure": {"regret": pure},
        "baseline": {"regret": _regret_of(sigma, tasks, _leading(sigma))},
    }


def _covariance(rng: np.random.Generator) -> np.ndarray:
    turn = np.linalg.qr(rng.normal(size=(_D, _D)))[0]
    return turn @ np.diag(rng.uniform(0.1, 2, _D)) @ turn.T


def _root(matrix: np.ndarray) -> np.ndarray:
    value, vector = np.linalg.eigh(matrix)
    return vector @ np.diag(np.sqrt(value)) @ vector.T


def _leading(matrix: np.ndarray) -> np.ndarray:
    return np.linalg.eigh(matrix)[1][:, -_KEPT:]


def _regret_of(sigma: np.ndarray, tasks: np.ndarray, kept: np.ndarray) -> float:
    """The largest error that a task leaves when features are known through ``kept`` `[D, r]` alone."""
    seen = sigma @ kept
    left = sigma - seen @ np.linalg.solve(kept.T @ seen, seen.T)
    root = _root(tasks)
    return float(np.linalg.eigvalsh(root @ left @ root)[-1])


def _closed_form(values: np.ndarray) -> float:
    """The largest over l of ``(l - r) / sum_{i <= l} 1 / lambda_i``."""
    return max((n - _KEPT) / (1 / values[:n]).sum() for n in range(_KEPT + 1, len(values) + 1))


def _best_single(values: np.ndarray) -> float:
    """The smallest regret of all choices of eigendirections."""
    choices = combinations(range(_D), _KEPT)
    return min(max(values[i] for i in range(_D) if i not in chosen) for chosen in choices)


def _best_mixture(values: np.ndarray) -> float:
    """The value of the matrix game of choices against directions, by linear programming."""
    choices = list(combinations(range(_D), _KEPT))
    regret = np.array([[0.0 if i in chosen else values[i] for chosen in choices] for i in range(_D)])
    bound = np.hstack([regret, -np.ones((_D, 1))])
    found = optimize.linprog(
        np.append(np.zeros(len(choices)), 1), A_ub=bound, b_ub=np.zeros(_D),
        A_eq=np.append(np.ones(len(choices)), 0)[None], b_eq=[1], bounds=(0, None),
    )  # fmt: skip
    return float(found.fun)


def _iterated(game: np.ndarray, rounds: int) -> float:
    """The worst regret of the mixture of best responses to all tasks so far, each task the worst for the mixture."""
    faced, left = np.eye(_D) / _D, np.zeros((_D, _D))
    root = _root(game)
    for number in range(1, rounds + 1):
        kept = _leading(root @ faced @ root)
        left += root @ (np.eye(_D) - kept @ kept.T) @ root
        worst = np.linalg.eigh(left)[1][:, -1]
        faced = (number * faced + np.outer(worst, worst)) / (number + 1)
    return float(np.linalg.eigvalsh(left / rounds)[-1])
