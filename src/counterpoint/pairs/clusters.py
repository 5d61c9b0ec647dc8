"""Clusters as classes: who belongs to which centre, how tight each cluster is, and centres that several rows share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from sklearn.cluster import KMeans
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.pairs.columns import check_columns, marked
from counterpoint.pairwise import Ranks, Relation, Tile


@dataclass(frozen=True, eq=False)
class Clusters:
    """One clustering of N rows.

    Attributes:
        centres: `[K, D]`.
        members: int64 `[N]`, the cluster of each row: labels for any objective over prototypes (DeepCluster, PCL).
    """

    centres: Tensor
    members: Tensor

    def concentration(self, x_ND: Tensor, *, temperature: float = 0.2, smoothing: float = 10.0) -> Tensor:
        """A temperature for every cluster, `[K]`: small where its rows lie near its centre, and large for a few rows.

        Formula (Li et al. 2021, "Prototypical Contrastive Learning", Eq. 12): ``phi_k = sum_{n in k} |x_n - c_k| / (Z_k
        log(Z_k + alpha))`` with Z_k rows in cluster k; then, as in the public code, a cluster of one row or none takes
        the largest, all are kept between the 10th and the 90th percentile, and scaled to a mean of ``temperature``.
        ``centres / phi[:, None]`` with ``InfoNCE(temperature=1, similarity=AnchorCosine())`` is ProtoNCE.

        Args:
            x_ND: The rows that were clustered.
            temperature: The mean; 0.2 as in the paper.
            smoothing: ``alpha``; 10 as in the paper.

        Raises:
            InputError: There is another number of rows, or no cluster has two.
        """
        if len(x_ND) != len(self.members):
            raise InputError(f"x holds {len(x_ND)} rows, and {len(self.members)} were clustered")
        size_K = torch.bincount(self.members, minlength=len(self.centres)).to(x_ND)
        distance_N = (x_ND - self.centres[self.members]).norm(dim=1)
        total_K = torch.zeros_like(size_K).index_add(0, self.members, distance_N)
        phi_K = total_K / (size_K.clamp_min(1) * torch.log(size_K + smoothing))
        several = size_K > 1
        if not bool(several.any()):
            raise InputError("no cluster has two rows, so none has a spread: ask for fewer clusters")
        phi_K = torch.where(several, phi_K, phi_K[several].max())
        low, high = torch.quantile(phi_K, phi_K.new_tensor([0.1, 0.9]))
        phi_K = phi_K.clamp(low, high).clamp_min(torch.finfo(phi_K.dtype).tiny)
        return temperature * phi_K / phi_K.mean()


def kmeans(x_ND: Tensor, k: int, *, seed: int, spherical: bool = True, starts: int = 1) -> Clusters:
    """Lloyd's algorithm from k-means++ seeds; the same for the same rows and seed.

    Args:
        x_ND: Rows, on any device; clustered on the CPU in float32.
        k: Clusters.
        seed: Of the first centres.
        spherical: Rows and centres are scaled to unit length, as comparisons by cosine want.
        starts: How often it is tried; the tightest clustering is kept.

    Raises:
        InputError: There are fewer rows than clusters, or they are no finite matrix.
    """
    if x_ND.ndim != 2 or not bool(torch.isfinite(x_ND).all()):
        raise InputError(f"x must be a finite matrix [N, D], got shape {list(x_ND.shape)}")
    if not 1 <= k <= len(x_ND):
        raise InputError(f"k must be between 1 and the {len(x_ND)} rows, got {k}")
    rows = x_ND.detach().float()
    rows = (unit_rows(rows) if spherical else rows).cpu()
    found = KMeans(k, n_init=cast(Any, starts), random_state=seed).fit(rows.numpy())
    centres = torch.from_numpy(np.asarray(found.cluster_centers_, dtype=np.float32))
    members = torch.from_numpy(np.asarray(found.labels_, dtype=np.int64))
    centres = unit_rows(centres) if spherical else centres
    return Clusters(centres.to(x_ND), members.to(x_ND.device))


def nearest(x_ND: Tensor, centres_KD: Tensor, count: int) -> Tensor:
    """The ``count`` centres of largest cosine, int64 `[N, count]`, nearest first: pseudo-labels of MLCD.

    Raises:
        InputError: There are fewer centres.
    """
    if not 1 <= count <= len(centres_KD):
        raise InputError(f"count must be between 1 and the {len(centres_KD)} centres, got {count}")
    return (unit_rows(x_ND) @ unit_rows(centres_KD).T).topk(count, dim=1).indices


@dataclass(frozen=True, eq=False)
class Members(Relation):
    """Anchors against K prototypes that every rank has, each anchor in several classes.

    Attributes:
        classes: int `[N, P]`, the classes of each anchor; a negative number stands for none.
        count: K.

    Raises:
        InputError: They are no integer matrix, or name a class that is not there.
    """

    classes: Tensor
    count: int

    def __post_init__(self) -> None:
        """Check the classes."""
        check_columns("classes", self.classes, self.count)

    @property
    def shape(self) -> tuple[int, int]:
        """(N, K)."""
        return len(self.classes), self.count

    @property
    def shared(self) -> bool:
        """Prototypes are."""
        return True

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """Whether the block's prototypes are among the classes of its anchors."""
        return Tile(marked(self.classes[row_block], col_block, self.count))

    def across(self, ranks: Ranks) -> Members:
        """Every rank has all prototypes."""
        return self
