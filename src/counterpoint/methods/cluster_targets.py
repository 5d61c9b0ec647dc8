"""What examples learn from their clusters: a loss against centres, or against other members."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import torch
from torch import Tensor

from counterpoint.base.checks import check_positive_number
from counterpoint.base.errors import InputError
from counterpoint.objectives import AdditiveMargin, InfoNCE
from counterpoint.pairs import ClusteredBank, HardestOnly, Sampled
from counterpoint.pairwise import AnchorCosine, Loss, Objective, Relation, SameKey, SelfLabelled


class ClusterTarget(ABC):
    """A loss of anchors against a bank that was clustered."""

    @abstractmethod
    def loss(self, anchors: Tensor, numbers: Tensor, bank: ClusteredBank, *, seed: int) -> Tensor:
        """The loss over the global batch, a scalar; what is kept has no gradient.

        Args:
            anchors: `[N, D]`.
            numbers: int64 `[N]`, the examples' numbers in the bank.
            bank: Clustered before.
            seed: Of draws; another one at every step.
        """


@dataclass(frozen=True, kw_only=True)
class ToCentres(ClusterTarget):
    """Anchors against the K centres, their own one positive.

    With InfoNCE it classifies pseudo-labels as DeepCluster does (Caron et al. 2018, arXiv:1807.05520), by centres in
    place of a layer that learns. With ``concentration`` it is ProtoNCE (Li et al. 2021, "Prototypical Contrastive
    Learning", arXiv:2005.04966, Eq. 11, over one clustering and all centres). With a loss that labels its rows itself,
    such as ``DEC``, centres are its prototypes.

    Attributes:
        objective: Of anchors and prototypes.
        concentration: Mean of the temperatures that clusters have of their own; the objective then is to compare by
            ``AnchorCosine`` at a temperature of 1. None for the objective's own temperature.

    Raises:
        InputError: The objective cannot compare with prototypes, or not with those of ``concentration``.
    """

    objective: Loss = field(default_factory=lambda: InfoNCE(temperature=0.1))
    concentration: float | None = None

    def __post_init__(self) -> None:
        """Check that they fit each other."""
        name = type(self.objective).__name__
        plain = isinstance(self.objective, Objective) and not (self.objective.joint or self.objective.features)
        if not plain and not isinstance(self.objective, SelfLabelled):
            raise InputError(f"objective must compare anchors with prototypes, and {name} cannot")
        if self.concentration is not None:
            check_positive_number("concentration", self.concentration)
            by = self.objective.similarity if isinstance(self.objective, Objective) else None
            if not plain or not isinstance(by, AnchorCosine):
                raise InputError(
                    "concentration needs an objective that compares by AnchorCosine, such as "
                    f"InfoNCE(temperature=1.0, similarity=AnchorCosine()), got {self.objective}"
                )

    def loss(self, anchors: Tensor, numbers: Tensor, bank: ClusteredBank, *, seed: int) -> Tensor:
        """See above; nothing is drawn."""
        centres = bank.centres
        if self.concentration is not None:
            clusters, rows = bank.clusters()
            centres = centres / clusters.concentration(rows, temperature=self.concentration)[:, None]
        centres = centres.to(anchors)
        if isinstance(self.objective, SelfLabelled):
            return self.objective(anchors, centres)
        classes = torch.arange(len(centres), device=anchors.device)
        relation = SameKey(bank.labels(numbers, anchors), classes, prototypes=True)
        return self.objective(anchors, centres, relation=relation)


@dataclass(frozen=True, kw_only=True)
class ToMembers(ClusterTarget):
    """Anchors against what is kept of other examples: a few of their own cluster attract, a few of others repel.

    It is the inter-image branch of InterCLR (Xie et al. 2022, "Delving into Inter-Image Invariance for Unsupervised
    Visual Representations", arXiv:2008.11702, Section 3): one positive, negatives drawn from a pool of the most similar
    (semi-hard), and a margin below 0. An anchor's own row is kept too, and may be drawn as its positive, as in the
    public code.

    Attributes:
        objective: Of anchors and candidates; with a margin of -0.5 as in the public code.
        positives: Drawn for each anchor; None for all.
        negatives: Likewise.
        pool: Negatives are drawn from so many of the most similar; None for all. As many as are drawn: the hardest.

    Raises:
        InputError: A number is not positive, the pool is smaller than what is drawn from it, or the objective stacks
            both sides.
    """

    objective: Objective = field(default_factory=lambda: AdditiveMargin(temperature=0.1, margin=-0.5))
    positives: int | None = 1
    negatives: int | None = 256
    pool: int | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.objective.joint or self.objective.features or self.objective.prototypes:
            raise InputError(
                f"objective must take anchors and candidates, and {type(self.objective).__name__} does not"
            )
        for name in ("positives", "negatives", "pool"):
            count = getattr(self, name)
            if count is not None and count < 1:
                raise InputError(f"{name} must be at least 1, got {count}")
        if self.pool is not None and (self.negatives is None or self.pool < self.negatives):
            raise InputError(f"pool must hold the {self.negatives} negatives that are drawn from it, got {self.pool}")

    def loss(self, anchors: Tensor, numbers: Tensor, bank: ClusteredBank, *, seed: int) -> Tensor:
        """See above."""
        rows, members = bank.share()
        rows = rows.to(anchors)
        relation: Relation = SameKey(bank.labels(numbers, anchors), members)
        if self.pool is not None:
            relation = HardestOnly(inner=relation, anchors=anchors, candidates=rows, k=self.pool)
        if self.positives is not None or self.negatives is not None:
            relation = Sampled(inner=relation, seed=seed, positives=self.positives, negatives=self.negatives)
        return self.objective(anchors, rows, relation=relation)
