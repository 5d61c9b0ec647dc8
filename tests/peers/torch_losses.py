"""Agreements with torch's own losses."""

import torch
from agreements import Both, Table, rows
from torch import nn
from torch.nn import functional as f

from counterpoint.objectives import CLIP, InfoNCE, NegativeCosine
from counterpoint.pairwise import Dot, SameKey

TABLE = Table("torch")


@TABLE.row("cross_entropy of scaled cosines", "InfoNCE(temperature=0.2)")
def info_nce() -> Both:
    a, b = rows(6), rows(6, seed=4)
    logits = f.normalize(a) @ f.normalize(b).T / 0.2
    return InfoNCE(temperature=0.2)(a, b), f.cross_entropy(logits, torch.arange(6)), (a, b)


@TABLE.row("cross_entropy, both ways", "CLIP(temperature=0.2)")
def clip() -> Both:
    a, b = rows(6), rows(6, seed=4)
    logits, target = f.normalize(a) @ f.normalize(b).T / 0.2, torch.arange(6)
    return (
        CLIP(temperature=0.2)(a, b),
        (f.cross_entropy(logits, target) + f.cross_entropy(logits.T, target)) / 2,
        (a, b),
    )


@TABLE.row("cross_entropy of a linear layer", "InfoNCE(temperature=1, similarity=Dot()) over prototypes")
def linear_classifier() -> Both:
    z, w, y = rows(7), rows(4, seed=4), torch.tensor([0, 1, 2, 3, 1, 0, 2])
    relation = SameKey(y, torch.arange(4), prototypes=True)
    ours = InfoNCE(temperature=1.0, similarity=Dot())(z, w, relation=relation)
    return ours, f.cross_entropy(z @ w.T, y), (z, w)


@TABLE.row("CosineEmbeddingLoss of positives", "NegativeCosine() + 1")
def cosine_embedding() -> Both:
    a, b = rows(6), rows(6, seed=4)
    return NegativeCosine()(a, b) + 1, nn.CosineEmbeddingLoss()(a, b, torch.ones(6)), (a, b)
