"""Agreements with pytorch-metric-learning: heads over learnt prototypes."""

from math import pi

import torch
from agreements import Both, Table, rows
from pytorch_metric_learning import distances, losses
from torch import nn

from counterpoint.objectives import ArcFace, CosFace, ProxyAnchor, SoftTriple
from counterpoint.pairwise import Objective

TABLE = Table("pytorch-metric-learning")
N, K, D = 7, 4, 5
LABELS = torch.tensor([0, 1, 2, 3, 1, 0, 2])


def head(ours: Objective, theirs: nn.Module, *, weight: str) -> Both:
    """Both with the same prototypes: theirs keep them in columns (``W``) or rows (``proxies``)."""
    z, prototypes = rows(N, width=D), rows(K, seed=4, width=D)
    delattr(theirs, weight)
    setattr(theirs, weight, prototypes.T if weight == "W" else prototypes)
    return ours(z, prototypes, labels=LABELS), theirs(z, LABELS), (z, prototypes)


@TABLE.row("CosFaceLoss()", "CosFace()")
def cos_face() -> Both:
    return head(CosFace(), losses.CosFaceLoss(K, D), weight="W")


@TABLE.row("CosFaceLoss(margin=0.1, scale=5)", "CosFace(temperature=0.2, margin=0.1)")
def cos_face_with_settings() -> Both:
    return head(CosFace(temperature=0.2, margin=0.1), losses.CosFaceLoss(K, D, margin=0.1, scale=5), weight="W")


@TABLE.row("ArcFaceLoss(margin=28.6 degrees)", "ArcFace(margin=0.5)")
def arc_face() -> Both:
    return head(ArcFace(margin=0.5), losses.ArcFaceLoss(K, D, margin=0.5 * 180 / pi), weight="W")


@TABLE.row("ArcFaceLoss(margin=143 degrees)", "ArcFace(margin=2.5)", "past the angle where the cosine turns back")
def arc_face_beyond() -> Both:
    return head(ArcFace(margin=2.5), losses.ArcFaceLoss(K, D, margin=2.5 * 180 / pi), weight="W")


@TABLE.row("ProxyAnchorLoss()", "ProxyAnchor()")
def proxy_anchor() -> Both:
    return head(ProxyAnchor(), losses.ProxyAnchorLoss(K, D), weight="proxies")


@TABLE.row("ProxyNCALoss()", "CosFace(margin=0, temperature=0.5)", "with the own class below the line, as ProxyNCA++")
def proxy_nca() -> Both:
    return head(CosFace(margin=0.0, temperature=0.5), losses.ProxyNCALoss(K, D), weight="proxies")


@TABLE.row("NormalizedSoftmaxLoss of cosines", "CosFace(margin=0, temperature=0.05)")
def normalised_softmax() -> Both:
    theirs = losses.NormalizedSoftmaxLoss(K, D, distance=distances.CosineSimilarity())
    return head(CosFace(margin=0.0, temperature=0.05), theirs, weight="W")


@TABLE.row(
    "SoftTripleLoss(la=15, gamma=0.2, margin=0.03)", "SoftTriple of the same", "without the regulariser of either"
)
def soft_triple() -> Both:
    z, centres = rows(N, width=D), rows(3 * K, seed=4, width=D)
    theirs = losses.SoftTripleLoss(K, D, centers_per_class=3, la=15, gamma=0.2, margin=0.03)
    del theirs.fc
    theirs.fc = centres.T
    ours = SoftTriple(temperature=1 / 15, gamma=0.2, margin=0.03, centres=3)
    return ours(z, centres, labels=LABELS), theirs(z, LABELS), (z, centres)
