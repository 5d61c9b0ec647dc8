"""Multinomial logistic regression along a path of strengths: the optimum scikit-learn finds, several times sooner.

Embeddings have a few strong directions and many weak ones, and L-BFGS crawls on them. The penalty does not see a
rotation, so the problem is solved in the basis of principal directions, where dividing each coordinate by the square
root of its approximate curvature makes the problem nearly round. The minimum is the same; only the way is shorter.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy import linalg, sparse, special

from counterpoint.evaluation.checks import Embeddings

# The objective is a mean log loss of order 1; in rounded coordinates its excess is about half the squared gradient.
GRADIENT_TOLERANCE = 2e-5
# Losses are float64 sums of float32 logits; a step that changes them by less is within their rounding.
LEAST_CHANGE = 1e-9
MAX_ITERATIONS = 2000
# With D > N, directions with less than this share of the largest variance are rounding: they would not be orthogonal.
NO_VARIANCE = 1e-10


class Logistic(NamedTuple):
    """One solution.

    Attributes:
        strength: C.
        weight: `[D, K]` float32.
        bias: `[K]` float32, free of any penalty.
        converged: Whether the gradient fell below the tolerance.
    """

    strength: float
    weight: np.ndarray
    bias: np.ndarray
    converged: bool


def logistic_path(x: Embeddings, y: np.ndarray, strengths: Sequence[float]) -> Iterator[Logistic]:
    """Minimise C * (sum of log losses) + |weight|^2 / 2 for each C in turn, each from the solution before.

    For two classes the penalty is doubled, because the softmax spreads over two columns what scikit-learn's
    ``LogisticRegression`` holds in one; the solutions then coincide for every number of classes.

    Args:
        x: `[N, D]` float32, features of similar scale; or sparse, which is solved in its own columns.
        y: `[N]` integers 0 to K - 1, each of which occurs.
        strengths: Values of C, best in ascending order.
    """
    n, k = x.shape[0], int(y.max()) + 1
    basis, variance = principal_directions(x)
    z = x @ basis
    frequency = np.bincount(y, minlength=k) / n
    weight, bias = np.zeros((z.shape[1], k)), np.log(frequency)
    curvature = frequency * (1 - frequency)
    for strength in strengths:
        penalty = (2 if k == 2 else 1) / (strength * n)
        problem = _Problem(z, y, penalty, 1 / np.sqrt(variance[:, None] * curvature + penalty), 1 / np.sqrt(curvature))
        found, converged = minimise(problem, problem.pack(weight, bias))
        weight, bias = problem.unpack(found)
        yield Logistic(strength, (basis @ weight).astype(np.float32), bias.astype(np.float32), converged)
        p = special.softmax(z @ weight.astype(z.dtype) + bias.astype(z.dtype), axis=1)
        curvature = np.maximum((p * (1 - p)).mean(axis=0, dtype=np.float64), 1e-6)


def minimise(function: Callable[[np.ndarray], tuple[float, np.ndarray]], start: np.ndarray) -> tuple[np.ndarray, bool]:
    """Minimise a function that returns its value and gradient; say whether it settled within the iterations allowed.

    L-BFGS is torch's: scipy's only one is made for bounds, and its bookkeeping took 8 times as long as the function
    itself on 77 classes of 2,341 words.
    """
    point = torch.from_numpy(start).requires_grad_()
    solver = torch.optim.LBFGS(
        [point],
        max_iter=MAX_ITERATIONS,
        tolerance_grad=GRADIENT_TOLERANCE,
        tolerance_change=LEAST_CHANGE,
        line_search_fn="strong_wolfe",
    )

    def closure() -> float:
        value, gradient = function(point.detach().numpy())
        point.grad = torch.from_numpy(gradient)
        return value

    solver.step(closure)
    return point.detach().numpy(), solver.state[point]["n_iter"] < MAX_ITERATIONS


def principal_directions(x: Embeddings) -> tuple[Embeddings, np.ndarray]:
    """Orthonormal directions `[D, R]` (float32) that span the rows, and the mean square along each `[R]`.

    Of a sparse matrix the columns themselves: a rotation would fill it.
    """
    n, d = x.shape
    if sparse.issparse(x):
        square = np.asarray(x.multiply(x).mean(axis=0, dtype=np.float64)).ravel()
        return sparse.eye_array(d, format="csr").astype(np.float32), square
    if d <= n:
        value, vector = linalg.eigh((x.T @ x).astype(np.float64) / n, check_finite=False)
        return vector.astype(np.float32), np.maximum(value, 0)
    wide = x.astype(np.float64)
    value, vector = linalg.eigh(wide @ wide.T / n, check_finite=False)
    keep = value > NO_VARIANCE * value[-1]
    return (wide.T @ (vector[:, keep] / np.sqrt(n * value[keep]))).astype(np.float32), value[keep]


class _Problem:
    """The mean log loss plus penalty, and its gradient, in scaled coordinates."""

    def __init__(self, z: Embeddings, y: np.ndarray, penalty: float, scale: np.ndarray, bias_scale: np.ndarray):
        self.z, self.y, self.penalty, self.scale, self.bias_scale = z, y, penalty, scale, bias_scale
        self.rows = np.arange(y.size)

    def pack(self, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
        return np.concatenate([(weight / self.scale).ravel(), bias / self.bias_scale])

    def unpack(self, scaled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        k = self.bias_scale.size
        return scaled[:-k].reshape(-1, k) * self.scale, scaled[-k:] * self.bias_scale

    def __call__(self, scaled: np.ndarray) -> tuple[float, np.ndarray]:
        weight, bias = self.unpack(scaled)
        logit = self.z @ weight.astype(self.z.dtype) + bias.astype(self.z.dtype)
        logit -= logit.max(axis=1, keepdims=True)
        true = logit[self.rows, self.y].astype(np.float64)
        p = np.exp(logit, out=logit)
        total = p.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0], dtype=np.float64) - true).mean() + self.penalty / 2 * (weight * weight).sum()
        p /= total
        p[self.rows, self.y] -= 1
        p /= self.y.size
        to_weight = (self.z.T @ p) + self.penalty * weight
        to_bias = p.sum(axis=0, dtype=np.float64)
        return float(loss), np.concatenate([(to_weight * self.scale).ravel(), to_bias * self.bias_scale])
