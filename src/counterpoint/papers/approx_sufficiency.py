"""Approximate sufficiency: what an encoder loses of the other view is its excess loss, and bounds risk downstream."""

from dataclasses import dataclass

import numpy as np
import torch

from counterpoint.evaluation import rank_correlation
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.objectives import InfoNCE
from counterpoint.pairwise import Dot

paper = Paper(
    short="ApproxSufficiency",
    title="A Statistical Theory of Contrastive Learning via Approximate Sufficient Statistics",
    authors="Lin and Mei",
    year=2025,
    identifier="arXiv:2503.17538",
    wing=Wing.OBJECTIVES,
    implements="The sufficiency gap for the KL divergence as excess InfoNCE loss, and a bound of regression by it",
    deviates="Gaussian views and linear encoders with the best critic for each, where all is known; one encoder of two "
    "is measured. The bound is derived for Gaussians, by their transport inequality, so constants are not the paper's. "
    "The f-divergences other than KL, and topic models, are left out.",
)
claim = Claim(
    statement="Excess contrastive loss is the view information that an encoder loses, and downstream risk follows it.",
    checks=(
        Within(measure="gap_error", below=0.05, statement="Measured excess loss is the gap, within 0.05 nats."),
        Within(measure="largest_share", below=1, statement="No excess risk is above its bound."),
        Within(measure="rank_correlation", above=0.5, statement="Mean excess risk ranks encoders as the gap does."),
        Better(measure="excess_risk", lower=True, statement="Least contrastive loss is better than a random encoder."),
    ),
    minutes=0.2,
)

_ROWS = {Setting.TINY: 512, Setting.SMALL: 4096, Setting.FULL: 65_536}
_ENCODERS = {Setting.TINY: 5, Setting.SMALL: 100, Setting.FULL: 1000}
_TASKS = 20
_INPUTS = 8


@dataclass(frozen=True)
class _Views:
    """Two noisy views of one Gaussian vector x.

    Attributes:
        signal_II: Covariance of x, which is that of the two views.
        noise: Variance of what each view adds.
    """

    signal_II: np.ndarray
    noise: float

    @property
    def total_II(self) -> np.ndarray:
        """Covariance of a view."""
        return self.signal_II + self.noise * np.eye(len(self.signal_II))

    def canonical(self, encoder_PI: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Correlations of an encoded view with the other view, and the directions in both views that have them."""
        inner = _inverse_root(encoder_PI @ self.total_II @ encoder_PI.T)
        outer = _inverse_root(self.total_II)
        left, rho_P, right = np.linalg.svd(inner @ encoder_PI @ self.signal_II @ outer, full_matrices=False)
        return rho_P, left.T @ inner @ encoder_PI, right @ outer

    def information(self, encoder_PI: np.ndarray) -> float:
        """Of an encoded view about the other view, in nats."""
        return float(-0.5 * np.log1p(-np.square(self.canonical(encoder_PI)[0])).sum())

    def regression(self, encoder_PI: np.ndarray) -> np.ndarray:
        """Weights `[I, I]` of the best guess of x, and of the other view, from an encoded view."""
        return self.signal_II @ encoder_PI.T @ np.linalg.inv(encoder_PI @ self.total_II @ encoder_PI.T) @ encoder_PI


def trial(setting: Setting, seed: int) -> Figures:
    """Gaps, excess losses and excess risks of random encoders, and of the best one."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.standard_normal((_INPUTS, _INPUTS)))[0]
    views = _Views((basis * rng.uniform(0.1, 1.5, _INPUTS)) @ basis.T, float(rng.uniform(0.5, 1.5)))
    encoders = [rng.standard_normal((int(rng.integers(1, _INPUTS)), _INPUTS)) for _ in range(_ENCODERS[setting])]
    task_TI = rng.standard_normal((_TASKS, _INPUTS))
    whole = views.information(np.eye(_INPUTS))
    gaps = [whole - views.information(one) for one in encoders]
    risks = [_excess_risk(views, one, task_TI) for one in encoders]
    bounds = [_bound(views, one, task_TI, gap) for one, gap in zip(encoders, gaps, strict=True)]
    half = rng.standard_normal((_INPUTS // 2, _INPUTS))
    best = views.canonical(np.eye(_INPUTS))[1][: len(half)]
    measured = _loss(views, half, _ROWS[setting], seed) - _loss(views, np.eye(_INPUTS), _ROWS[setting], seed)
    method = {
        "gap_error": abs(measured - whole + views.information(half)),
        "largest_share": float(np.max(np.array(risks) / np.array(bounds))),
        "rank_correlation": rank_correlation(gaps, [risk.mean() for risk in risks]),
        "excess_risk": float(_excess_risk(views, best, task_TI).mean()),
    }
    return {"method": method, "baseline": {"excess_risk": float(_excess_risk(views, half, task_TI).mean())}}


def _loss(views: _Views, encoder_PI: np.ndarray, rows: int, seed: int) -> float:
    """InfoNCE of one encoded view among the other views, with the logarithm of the density ratio as the score."""
    rng = np.random.default_rng(seed)
    x_NI = rng.multivariate_normal(np.zeros(_INPUTS), views.signal_II, rows)
    first, second = (x_NI + views.noise**0.5 * rng.standard_normal(x_NI.shape) for _ in range(2))
    rho_P, left_PI, right_PI = views.canonical(encoder_PI)
    u_NP, v_NP = first @ left_PI.T, second @ right_PI.T
    pull_P, push_P = rho_P / (1 - rho_P**2), rho_P**2 / (2 * (1 - rho_P**2))
    one = np.ones((rows, 1))
    # <u, v> by rho, less the squares of both: an inner product of longer rows.
    a = np.concatenate([u_NP * pull_P, -(u_NP**2 @ push_P)[:, None], one], 1)
    b = np.concatenate([v_NP, one, -(v_NP**2 @ push_P)[:, None]], 1)
    return float(InfoNCE(temperature=1.0, similarity=Dot())(torch.from_numpy(a), torch.from_numpy(b)))


def _excess_risk(views: _Views, encoder_PI: np.ndarray, task_TI: np.ndarray) -> np.ndarray:
    """Of regressing ``<task, x>`` on an encoded view instead of the view, for every task."""
    lost_II = views.regression(np.eye(_INPUTS)) - views.regression(encoder_PI)
    return _variance(views.total_II, task_TI @ lost_II)


def _bound(views: _Views, encoder_PI: np.ndarray, task_TI: np.ndarray, gap: float) -> np.ndarray:
    """(augmentation error + sqrt(2 variance gap))^2, with the best guess from the other view as the go-between."""
    through_II = views.regression(np.eye(_INPUTS))
    guess_TI = task_TI @ through_II  # of the task, on the other view
    augmentation_T = np.sqrt(_variance(views.total_II, guess_TI - guess_TI @ through_II))
    known_II = views.regression(encoder_PI)
    left_II = views.total_II - known_II @ views.total_II @ known_II.T  # of the other view, given the encoded one
    return np.square(augmentation_T + np.sqrt(2 * _variance(left_II, guess_TI) * gap))


def _variance(covariance_II: np.ndarray, weight_TI: np.ndarray) -> np.ndarray:
    return np.einsum("ti,ij,tj->t", weight_TI, covariance_II, weight_TI)


def _inverse_root(covariance_II: np.ndarray) -> np.ndarray:
    """What makes it the identity from both sides."""
    values_I, vectors_II = np.linalg.eigh(covariance_II)
    return (vectors_II / np.sqrt(values_I)) @ vectors_II.T
