"""What a connector loses of fixed embeddings: neighbours, and what can be rebuilt, patch by patch."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from counterpoint.evaluation import (
    fit_classifier,
    neighbour_overlap,
    rank_correlation,
    reconstruction_losses,
    score_auc,
)
from counterpoint.evaluation.cosine import unit_rows
from counterpoint.experiments.claim import Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.experiments.small_digits import DIM, Encoded, train_digits
from counterpoint.objectives import InfoNCE

paper = Paper(
    short="ConnectorLoss",
    title="Lost in Embeddings: Information Loss in Vision-Language Models",
    authors="Li, Tang, Li, Zhang, Vulic and Sogaard",
    year=2025,
    identifier="arXiv:2509.11986",
    wing=Wing.EVALUATION,
    implements="Overlap of nearest neighbours before and after a connector, and the loss of rebuilding every patch",
    deviates="Embeddings of 8 x 8 digits stand for patches; connectors are random projections of every rank, and a "
    "perceptron that learns to name whether a digit is even, as a caption might. The question is which digit it is. "
    "Reconstructors are linear, with cross-validation. 10 neighbours of 359 digits instead of 100 of thousands. The "
    "paper's 40 to 60 % of changed neighbours are read as a lower bound.",
)
claim = Claim(
    statement="Connectors change many neighbours, retrieval falls with the overlap, and what cannot be rebuilt tells "
    "which questions fail.",
    checks=(
        Within(measure="identity_overlap", above=1 - 1e-9, statement="No connector, no change of neighbours."),
        Within(measure="identity_loss", below=1e-3, statement="And everything is rebuilt."),
        Within(measure="rank_correlation", above=0.9, statement="Overlap rises with the rank of a projection."),
        Within(measure="recall_correlation", above=0.8, statement="Recall falls where overlap does."),
        Within(measure="changed", side="trained", above=0.4, statement="A trained one changes 40 % or more."),
        Within(measure="failure_auc", side="trained", above=0.55, statement="What fails is rebuilt worse."),
    ),
    minutes=0.2,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 300, Setting.FULL: 20_000}
_RANKS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
_NEIGHBOURS = 10


@dataclass(frozen=True)
class _Patches:
    """Patches `[N, D]`, views of them `[N, D]`, and those learnt from `[M, D]`."""

    test: np.ndarray
    view: np.ndarray
    train: np.ndarray


def trial(setting: Setting, seed: int) -> Figures:
    """Projections of every rank, and one that learns a caption's task."""
    learnt = train_digits(InfoNCE(temperature=0.1), steps=_STEPS[setting], seed=seed)
    whole = _Patches(*(unit_rows(one).astype(np.float64) for one in (learnt.test, learnt.test_view, learnt.train)))
    rng = np.random.default_rng(seed)
    weights = [rng.standard_normal((DIM, rank)) for rank in _RANKS]
    overlaps = [_overlap(whole.test, whole.test @ weight) for weight in weights]
    recalls = [_recall(whole.test @ weight, whole.view @ weight) for weight in weights]
    method = {
        "identity_overlap": _overlap(whole.test, whole.test),
        "identity_loss": float(_lost(whole.test, whole.test).mean()),
        "rank_correlation": rank_correlation(_RANKS, overlaps),
        "recall_correlation": rank_correlation(overlaps, recalls),
    }
    return {"method": method, "trained": _trained(whole, learnt, _STEPS[setting], seed)}


def _trained(whole: _Patches, learnt: Encoded, steps: int, seed: int) -> dict[str, float]:
    """A connector that learns parity: neighbours it changes, and whether loss ranks wrong answers above right ones."""
    rows, parity = torch.from_numpy(whole.train).float(), torch.from_numpy(learnt.train_labels % 2)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        connector = nn.Sequential(nn.Linear(DIM, 64), nn.GELU(), nn.Linear(64, DIM))
        model = nn.Sequential(connector, nn.Linear(DIM, 2))
        descend(model, lambda _: cross_entropy(model(rows), parity), steps=steps)
        train, test, view = (
            connector(torch.from_numpy(one).float()).detach().numpy() for one in (whole.train, whole.test, whole.view)
        )
    patches, labels = np.concatenate([test, view]), np.tile(learnt.test_labels, 2)
    wrong = fit_classifier(train, learnt.train_labels).predict(patches) != labels
    lost = _lost(patches, np.concatenate([whole.test, whole.view]))
    return {
        "changed": 1 - _overlap(whole.test, test),
        "failure_auc": score_auc(lost[wrong], lost[~wrong]).value,
        "answered": 1 - float(wrong.mean()),
    }


def _lost(projected: np.ndarray, original: np.ndarray) -> np.ndarray:
    """Share of the mean variance of a patch that is not rebuilt, of every patch."""
    return reconstruction_losses(projected, original) / np.square(original - original.mean(axis=0)).sum(axis=1).mean()


def _overlap(before: np.ndarray, after: np.ndarray) -> float:
    return neighbour_overlap(before, after, k=_NEIGHBOURS).value


def _recall(test: np.ndarray, view: np.ndarray) -> float:
    """How often a view finds its own digit among all."""
    scores = unit_rows(view) @ unit_rows(test).T
    return float((scores.argmax(axis=1) == np.arange(len(scores))).mean())
