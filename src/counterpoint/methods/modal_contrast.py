"""Vectors of the modalities of items against each other, beside the ranking."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from counterpoint.base.checks import check_not_negative
from counterpoint.base.errors import InputError
from counterpoint.encoders.bipartite import BipartiteGraph
from counterpoint.encoders.light_gcn import LightGCN
from counterpoint.encoders.modal_gcn import ModalGCN
from counterpoint.methods.graph_contrast import Encode, GraphContrast, Views
from counterpoint.objectives import CrossCorrelation


@dataclass(frozen=True, kw_only=True, eq=False)
class ModalContrast(GraphContrast):
    """REARM: modalities of a node are positives, and features of one should tell nothing of those of the other.

    Formula, for the users and for the items of a batch: ``weight (InfoNCE(h_v, h_t) + apart CrossCorrelation(h_v,
    h_t))`` for every pair of modalities, h as in :class:`ModalGCN`. Ma, Zeng, Wu and Xu (2025), "Refining Contrastive
    Learning and Homography Relations for Multi-Modal Recommendation", as in the public code, whose penalty counts on
    its own and is of rows of unit length.

    Attributes:
        features: Of items, `[I, F_g]` for each modality.
        apart: What the penalty counts beside the contrast.
        relations: As for :class:`ModalGCN`; None for plain contrast.
        rank: Of the filter of what is shared; 0 for none.
    """

    weight: float = 0.01
    temperature: float = 0.6
    features: Sequence[np.ndarray]
    apart: float = 0.0
    relations: tuple[int, float] | None = None
    rank: int = 0

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InputError: A weight is negative, or as for any contrast.
        """
        super().__post_init__()
        check_not_negative("apart", self.apart)

    def learner(self, graph: BipartiteGraph, *, dim: int, layers: int) -> ModalGCN:
        """Identities, maps of features, and the filters."""
        return ModalGCN(graph, self.features, dim=dim, layers=layers, relations=self.relations, rank=self.rank)

    def between(self, first: Tensor, second: Tensor) -> Tensor:
        """InfoNCE and the penalty."""
        loss = super().between(first, second)
        return loss + self.apart * CrossCorrelation()(first, second) if self.apart else loss

    def epoch(self, model: LightGCN, rng: np.random.Generator) -> Encode:
        """One pass a step.

        Raises:
            InputError: The model has no modalities.
        """
        del rng
        if not isinstance(model, ModalGCN):
            raise InputError(f"the contrast of modalities needs a ModalGCN, got {type(model).__name__}")

        def encode(_: torch.Generator, nodes: Tensor) -> tuple[Tensor, Views]:
            identity, told = model.parts()
            views = list(itertools.combinations(told.chunk(len(self.features), dim=1), 2))
            return model.joined(identity, told).index_select(0, nodes), views

        return encode
