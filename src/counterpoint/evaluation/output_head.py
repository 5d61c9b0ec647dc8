"""The softmax bottleneck: what an output head of low rank costs on the features of a model."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks

MAX_ITERATIONS = 300


@dataclass(frozen=True, eq=False)
class OutputHead:
    """A linear map from features to logits, of a rank.

    Attributes:
        weight: `[D, K]` float64.
        bias: `[K]` float64.
    """

    weight: np.ndarray
    bias: np.ndarray

    def loss(self, features: np.ndarray, probabilities: np.ndarray) -> float:
        """Mean cross-entropy in nats.

        Args:
            features: `[N, D]`.
            probabilities: `[N, K]`, each row summing to 1.
        """
        x, p = _checked(features, probabilities)
        with torch.no_grad():
            return float(_cross_entropy(torch.from_numpy(x @ self.weight + self.bias), torch.from_numpy(p)))


def fit_head(
    features: np.ndarray, probabilities: np.ndarray, *, rank: int, penalty: float = 1e-6, seed: int = 0
) -> OutputHead:
    """The head of at most a rank with the least cross-entropy: ``W = A B`` with `[D, r]` and `[r, K]`, and a bias.

    L-BFGS on both factors from a small random start; the problem is not convex, so the minimum found is a local one.

    Godey, de la Clergerie and Sagot, "Why do small language models underperform? Studying Language Model Saturation
    via the Softmax Bottleneck" (2024), arXiv:2404.07647.

    Args:
        features: `[N, D]`, standardised inside.
        probabilities: `[N, K]` of what comes next: one-hot rows for labels, or the distribution where it is known.
        rank: From 1 to min(D, K).
        penalty: Weight of ``|A|^2 + |B|^2``.
        seed: Of the start.

    Raises:
        InputError: Shapes do not fit, rows are no distributions, or the rank is out of range.
    """
    x, p = _checked(features, probabilities)
    checks.positive("penalty", penalty)
    if not 1 <= rank <= min(x.shape[1], p.shape[1]):
        raise InputError(f"rank must lie between 1 and {min(x.shape[1], p.shape[1])}, got {rank}")
    centre, spread = x.mean(axis=0), x.std(axis=0)
    scale = np.where(spread > 1e-12 * np.abs(x).max(), spread, np.inf)
    rows, wanted = torch.from_numpy((x - centre) / scale), torch.from_numpy(p)
    generator = torch.Generator().manual_seed(seed)
    factors = [
        0.1 * torch.randn(shape, generator=generator, dtype=torch.float64)
        for shape in ((x.shape[1], rank), (rank, p.shape[1]))
    ]
    bias = torch.from_numpy(np.log(np.maximum(p.mean(axis=0), 1e-12)))
    down, up, bias = (one.requires_grad_() for one in (*factors, bias))
    solver = torch.optim.LBFGS([down, up, bias], max_iter=MAX_ITERATIONS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        solver.zero_grad()
        loss = _cross_entropy(rows @ down @ up + bias, wanted) + penalty * (down.square().sum() + up.square().sum())
        loss.backward()
        return loss

    solver.step(closure)
    weight = (down @ up).detach().numpy() / scale[:, None]
    return OutputHead(weight, bias.detach().numpy() - centre @ weight)


def spectrum_entropy(weight: np.ndarray) -> float:
    """Entropy of the singular values over their sum, as a share of its largest: 1 when all are alike, 0 for rank 1.

    The same paper follows it through training: where it falls late, the head has collapsed.

    Args:
        weight: `[D, K]` of two rows and columns or more, not zero.

    Raises:
        InputError: Not a finite matrix, or zero.
    """
    weight = checks.dense("weight", weight).astype(np.float64)
    checks.at_least("the number of columns of weight", weight.shape[1], 2)
    value = np.linalg.svd(weight, compute_uv=False)
    if not value[0] > 0:
        raise InputError("the entropy of singular values is undefined: weight is zero")
    share = value[value > 0] / value.sum()
    return float(-(share * np.log(share)).sum() / np.log(len(value)))


def _cross_entropy(logits: Tensor, wanted: Tensor) -> Tensor:
    return -(wanted * logits.log_softmax(1)).sum(1).mean()


def _checked(features: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, p = (
        checks.dense(name, one).astype(np.float64)
        for name, one in (("features", features), ("probabilities", probabilities))
    )
    if len(x) != len(p):
        raise InputError(f"features has {len(x)} rows and probabilities {len(p)}; row i belongs to row i")
    if (p < 0).any() or np.abs(p.sum(axis=1) - 1).max() > 1e-5:
        raise InputError("every row of probabilities must be a distribution: not negative, and summing to 1")
    return x, p
