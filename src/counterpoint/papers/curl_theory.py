"""Latent classes: the contrastive loss bounds the loss of the mean classifier, and collisions of classes cost."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, softplus

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.objectives import InfoNCE
from counterpoint.pairwise import Explicit

paper = Paper(
    short="CURL",
    title="A Theoretical Analysis of Contrastive Unsupervised Representation Learning",
    authors="Arora, Khandeparkar, Khodak, Plevrakis and Saunshi",
    year=2019,
    identifier="arXiv:1902.09229",
    wing=Wing.OBJECTIVES,
    implements="The bound of the mean classifier's loss with hinge and logistic losses, and what collisions cost",
    deviates="The bound is summed exactly over finite classes for random encoders: no term of generalisation. "
    "Collisions: Gaussian classes and a linear encoder; learning rate and radius are the same for all, not tuned.",
)
claim = Claim(
    statement="A low contrastive loss bounds that of mean classifiers; negatives of the anchor's own class cost.",
    checks=(
        Within(measure="least_slack", above=-1e-9, statement="No encoder breaks the bound, with either loss."),
        Within(measure="tightness", below=1e-9, statement="Encoders with one point for each class reach it."),
        Better(
            measure="accuracy", statement="With few classes, many negatives free of collisions beat many that are not."
        ),
        Better(measure="accuracy", side="few", than="baseline", statement="So do few negatives with collisions."),
    ),
    minutes=0.5,
)

_ENCODERS = {Setting.TINY: 4, Setting.SMALL: 200, Setting.FULL: 5000}
_STEPS = {Setting.TINY: 2, Setting.SMALL: 400, Setting.FULL: 5000}
_CLASSES, _POINTS, _INPUTS = 3, 30, 20
_NEGATIVES = 32


def trial(setting: Setting, seed: int) -> Figures:
    """Bounds over random encoders, then encoders trained with and without collisions."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        slacks = [
            _slack(4 * torch.rand(()).double() * torch.randn(_POINTS, 4).double()) for _ in range(_ENCODERS[setting])
        ]
        collapsed = torch.randn(_CLASSES, 4).double()[torch.arange(_POINTS) % _CLASSES]
        found = {
            side: {"accuracy": _trained(_STEPS[setting], seed, negatives=k, collide=collide)}
            for side, k, collide in (("method", _NEGATIVES, False), ("baseline", _NEGATIVES, True), ("few", 1, True))
        }
        found["method"]["least_slack"] = min(slacks)
        found["method"]["tightness"] = abs(_slack(collapsed, pure=True))
    return found


def _slack(f_XD: Tensor, *, pure: bool = False) -> float:
    """Least of L_un - ((1 - tau) L_sup + tau) over hinge and logistic loss, summed over all classes and points.

    Args:
        f_XD: The encoder, a row for every point.
        pure: Points belong to one class each; else classes share them at random.
    """
    own = torch.eye(_CLASSES).double()[torch.arange(_POINTS) % _CLASSES].T
    share_CX = own if pure else torch.rand(_CLASSES, _POINTS).double()
    share_CX = share_CX / share_CX.sum(1, keepdim=True)
    prior_C = torch.softmax(torch.randn(_CLASSES).double(), 0)
    return min(_slack_of(loss, f_XD, share_CX, prior_C) for loss in (_hinge, _logistic))


def _slack_of(loss: Callable[[Tensor], Tensor], f_XD: Tensor, share_CX: Tensor, prior_C: Tensor) -> float:
    s_XX, means_CD = f_XD @ f_XD.T, share_CX @ f_XD
    triples_XXX = loss(s_XX[:, :, None] - s_XX[:, None, :])  # point, positive, negative
    pairs_CC = prior_C[:, None] * prior_C
    unsupervised = torch.einsum("cd,cx,cy,dz,xyz->", pairs_CC, share_CX, share_CX, share_CX, triples_XXX)
    scores_XC = f_XD @ means_CD.T
    tasks_CC = torch.einsum("cx,xcd->cd", share_CX, loss(scores_XC[:, :, None] - scores_XC[:, None, :]))
    tau = pairs_CC.diagonal().sum()
    # (1 - tau) times the mean over tasks of two different classes is the plain sum over them.
    supervised = (pairs_CC * tasks_CC).sum() - (pairs_CC * tasks_CC).diagonal().sum()
    return float(unsupervised - supervised - tau)


def _hinge(margin: Tensor) -> Tensor:
    return (1 - margin).clamp_min(0)


def _logistic(margin: Tensor) -> Tensor:
    return softplus(-margin) / math.log(2)


@dataclass(frozen=True)
class _World:
    """Gaussian classes with means of few directions among many noisy ones."""

    means_CI: Tensor

    def draw(self, labels: Tensor) -> Tensor:
        """A point of each class."""
        mean = self.means_CI[labels]
        return mean + torch.randn(mean.shape)


def _trained(steps: int, seed: int, *, negatives: int, collide: bool) -> float:
    """Held-out accuracy of the mean classifier on a linear encoder."""
    torch.manual_seed(seed)
    world = _World(torch.randn(_CLASSES, _INPUTS) * 0.5)
    encoder = nn.Linear(_INPUTS, 4)
    optimiser = torch.optim.Adam(encoder.parameters(), lr=1e-2)
    loss, batch = InfoNCE(temperature=0.25), 64
    own = torch.eye(batch, dtype=torch.bool)
    # Candidates are one positive of each anchor, then the negatives of each anchor, which no other sees.
    against = own.repeat_interleave(negatives, 1)
    relation = Explicit(torch.cat([own, torch.zeros_like(against)], 1), torch.cat([torch.zeros_like(own), against], 1))
    for _ in range(steps):
        label = torch.randint(_CLASSES, (batch,))
        other = torch.randint(_CLASSES, (batch, negatives)) if collide else _others(label, negatives)
        anchor, candidates = (encoder(world.draw(one)) for one in (label, torch.cat([label, other.flatten()])))
        optimiser.zero_grad()
        loss(anchor, candidates, relation=relation).backward()
        optimiser.step()
    with torch.no_grad():
        return _mean_classifier(encoder, world)


def _others(label: Tensor, negatives: int) -> Tensor:
    """Classes other than an anchor's own."""
    return (label[:, None] + torch.randint(1, _CLASSES, (len(label), negatives))) % _CLASSES


def _mean_classifier(encoder: nn.Module, world: _World) -> float:
    label = torch.arange(3000) % _CLASSES
    train, test = (normalize(encoder(world.draw(label)), dim=1) for _ in range(2))
    means_CD = torch.stack([train[label == c].mean(0) for c in range(_CLASSES)])
    return float(((test @ means_CD.T).argmax(1) == label).float().mean())
