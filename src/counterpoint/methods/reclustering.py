"""Clusters of all training examples that are found again while an encoder learns."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.methods.cluster_targets import ClusterTarget, ToCentres
from counterpoint.pairs import ClusteredBank


@dataclass(frozen=True, kw_only=True)
class ClusterStep:
    """When clusters are found, and how much they count.

    Offline labels (``recentre=None``, ``every=S``) stay as they are until all rows are clustered again after S steps;
    online ones follow every batch, and their centres every ``recentre`` steps (Zhan et al. 2020, arXiv:2006.10645; Xie
    et al. 2022, arXiv:2008.11702).

    Attributes:
        clusters: K.
        target: What is learnt from them.
        weight: Of that loss, above 0 up to 1; that of the two views has the rest. InterCLR takes 0.25.
        start: The step after which clusters are first found; until then views alone are learnt from. A pass over the
            data or more, as only what was seen is clustered.
        every: Steps between clusterings from new centres; None for no more than the first.
        recentre: Steps between moves of centres to the means of their rows, with online labels; None for offline ones.
        momentum: What a new embedding has of the one that is kept.
        smallest: Rows that a cluster must have to be kept when centres move.
        seed: Of centres and draws.

    Raises:
        InputError: A number is out of its range, or labels are offline and nothing changes them.
    """

    clusters: int
    target: ClusterTarget = field(default_factory=ToCentres)
    weight: float = 0.25
    start: int = 100
    every: int | None = None
    recentre: int | None = 10
    momentum: float = 0.5
    smallest: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.clusters < 2:
            raise InputError(f"clusters must be at least 2, got {self.clusters}")
        if not 0 < self.weight <= 1:
            raise InputError(f"weight must be above 0 and at most 1, got {self.weight}")
        for name in ("start", "every", "recentre", "smallest"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise InputError(f"{name} must be at least 1, got {number}")
        if self.every is None and self.recentre is None:
            raise InputError("clusters would never change: give every (offline labels), recentre (online ones) or both")


class Reclustering(nn.Module):
    """A bank, and the schedule of its clusters: the part of a step that has state.

    State: that of the bank, and ``steps`` int64, so that a checkpoint holds all of it.

    Args:
        step: The settings.
        size: Training examples.
        dim: D.
    """

    steps: Tensor

    def __init__(self, step: ClusterStep, *, size: int, dim: int) -> None:
        super().__init__()
        self.step = step
        self.bank = ClusteredBank(size, dim, clusters=step.clusters, momentum=step.momentum)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    def mixed(self, views: Tensor, anchors: Tensor, numbers: Tensor) -> Tensor:
        """The loss of views, and of clusters once there are some, by their weights.

        Args:
            views: The loss of the views, a scalar.
            anchors: `[N, D]`, which learn from their clusters.
            numbers: int64 `[N]`, the examples' row numbers.
        """
        if not self.bank.clustered:
            return views
        found = self.step.target.loss(anchors, numbers, self.bank, seed=self.step.seed + int(self.steps))
        return (1 - self.step.weight) * views + self.step.weight * found

    def keep(self, numbers: Tensor, rows: Tensor) -> None:
        """Embeddings `[N, D]` of examples join the bank, and with online labels the nearest clusters. Collective."""
        self.bank.put(numbers, rows, relabel=self.step.recentre is not None)

    def advance(self) -> None:
        """A step is over: find clusters, or move centres, if it is time to. Collective."""
        self.steps += 1
        since, seed = int(self.steps) - self.step.start, self.step.seed + int(self.steps)
        if since == 0 or (since > 0 and self.step.every is not None and since % self.step.every == 0):
            self.bank.cluster(seed=seed)
        elif since > 0 and self.step.recentre is not None and since % self.step.recentre == 0:
            self.bank.recentre(smallest=self.step.smallest, seed=seed)
