"""An embedding of every training example with the cluster it is in: pseudo-labels that change while it is learnt."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.pairs.clusters import Clusters, kmeans
from counterpoint.pairs.queues import checked_push
from counterpoint.pairwise import Ranks


class ClusteredBank(nn.Module):
    """A memory of N examples by number, and K centres among them.

    Zhan, Xie, Liu and others, "Online Deep Clustering for Unsupervised Representation Learning" (2020),
    arXiv:2006.10645, Section 3: memories of samples and of centres, small clusters given up and large ones split.

    It begins empty and fills as batches come, where the paper's code embeds the whole set beforehand. Every rank holds
    the same; clusters are found on rank 0 and sent. All state are buffers, so that a checkpoint holds it: ``rows``
    unit `[N, D]`, ``seen`` bool `[N]`, ``members`` int64 `[N]` (-1: in no cluster yet), unit ``centres`` `[K, D]`, and
    ``times``, how often all was clustered.

    Args:
        size: N, all training examples.
        dim: D.
        clusters: K.
        momentum: What a new embedding has of the row that is kept, above 0 up to 1; 0.5 as in the public code.

    Raises:
        InputError: A number is not positive, there are fewer examples than clusters, or the momentum is out of range.
    """

    rows: Tensor
    seen: Tensor
    members: Tensor
    centres: Tensor
    times: Tensor

    def __init__(self, size: int, dim: int, *, clusters: int, momentum: float = 0.5) -> None:
        super().__init__()
        if min(size, dim, clusters) < 1:
            raise InputError(f"size, dim and clusters must be at least 1, got {size}, {dim} and {clusters}")
        if clusters > size:
            raise InputError(f"clusters must be at most the {size} examples, got {clusters}")
        if not 0 < momentum <= 1:
            raise InputError(f"momentum must be above 0 and at most 1, got {momentum}")
        self.momentum = momentum
        self.register_buffer("rows", torch.zeros(size, dim))
        self.register_buffer("seen", torch.zeros(size, dtype=torch.bool))
        self.register_buffer("members", torch.full((size,), -1))
        self.register_buffer("centres", torch.zeros(clusters, dim))
        self.register_buffer("times", torch.zeros((), dtype=torch.int64))

    @property
    def clustered(self) -> bool:
        """There are clusters."""
        return int(self.times) > 0

    @torch.no_grad()
    def put(self, numbers: Tensor, rows: Tensor, *, relabel: bool) -> None:
        """Mix the embeddings of all ranks' batches into what is kept of the same examples. Collective.

        Args:
            numbers: int `[N]`, from 0 to below ``size``; of one that comes twice, the last counts.
            rows: `[N, D]`, this rank's.
            relabel: They join the clusters of their nearest centres, where there are any.

        Raises:
            InputError: Shapes do not fit, or a number is out of range.
        """
        rows, numbers = checked_push(rows, numbers, self.rows.shape[1])
        ranks = Ranks.current()
        every, places = ranks.gather(rows).to(self.rows), ranks.gather(numbers).to(self.members.device)
        if len(places) and not (int(places.min()) >= 0 and int(places.max()) < len(self.rows)):
            raise InputError(
                f"numbers must be from 0 to {len(self.rows) - 1}, got {int(places.min())} to {int(places.max())}"
            )
        turn = torch.arange(len(places), device=places.device)
        last = torch.full_like(self.members, -1).scatter_reduce(0, places, turn, "amax")
        every, places = every[last[places] == turn], places[last[places] == turn]
        kept = torch.where(self.seen[places, None], (1 - self.momentum) * self.rows[places], 0.0)
        # A row that is new has nothing to be mixed with, and unit length makes its weight no matter.
        self.rows[places] = unit_rows(kept + self.momentum * unit_rows(every))
        self.seen[places] = True
        if relabel and self.clustered:
            self.members[places] = self._nearest(self.rows[places], torch.arange(len(self.centres)))

    @torch.no_grad()
    def cluster(self, *, seed: int) -> None:
        """k-means of all rows seen, from new centres. Collective.

        Raises:
            InputError: Fewer have been seen than there are clusters.
        """
        count = int(self.seen.sum())
        if count < len(self.centres):
            raise InputError(
                f"{count} examples have been seen, too few for {len(self.centres)} clusters: cluster later, or fewer"
            )
        found = _of_first_rank(self.rows[self.seen], len(self.centres), seed)
        self.centres.copy_(found.centres)
        self.members[self.seen] = found.members
        self.times += 1

    @torch.no_grad()
    def recentre(self, *, smallest: int = 1, seed: int) -> None:
        """Centres move to the means of their rows; clusters that are too small take half of the largest. Collective.

        The rows of a small cluster go to the nearest centre that stays; the largest cluster is then split in two by
        k-means.

        Args:
            smallest: Rows that a cluster must have.
            seed: Of the splits.
        """
        self._to_means(torch.arange(len(self.centres)))
        small = self.sizes() < smallest
        if not bool(small.any()) or bool(small.all()):
            return
        given_up = self._in & small[self.members.clamp_min(0)]
        self.members[given_up] = self._nearest(self.rows[given_up], (~small).nonzero()[:, 0])
        for cluster in small.nonzero()[:, 0].tolist():
            self._split(int(self.sizes().argmax()), cluster, seed)

    def _split(self, large: int, empty: int, seed: int) -> None:
        """Half of the large cluster becomes the empty one."""
        places = (self.members == large).nonzero()[:, 0]
        rows = self.rows[places]
        alike = bool((rows == rows[0]).all())  # nothing to tell halves by
        half = torch.arange(len(rows)) % 2 if alike else _of_first_rank(rows, 2, seed).members
        self.members[places[half.to(places.device) == 1]] = empty
        self._to_means(torch.tensor([large, empty]))

    def _to_means(self, clusters: Tensor) -> None:
        """Of the clusters that have rows."""
        total = torch.zeros_like(self.centres).index_add(0, self.members[self._in], self.rows[self._in])
        clusters = clusters.to(self.members.device)
        there = clusters[self.sizes()[clusters] > 0]
        self.centres[there] = unit_rows(total[there])

    @property
    def _in(self) -> Tensor:
        return self.members >= 0

    def sizes(self) -> Tensor:
        """Rows of every cluster, int64 `[K]`."""
        return torch.bincount(self.members[self._in], minlength=len(self.centres))

    def _nearest(self, rows: Tensor, clusters: Tensor) -> Tensor:
        clusters = clusters.to(self.members.device)
        return clusters[(rows @ self.centres[clusters].T).argmax(1)]

    @torch.no_grad()
    def labels(self, numbers: Tensor, rows: Tensor) -> Tensor:
        """The clusters of examples, int64 `[N]`; one that is in none yet has its nearest.

        Args:
            numbers: int `[N]`.
            rows: `[N, D]`, their embeddings, in case.

        Raises:
            InputError: Nothing was clustered yet.
        """
        if not self.clustered:
            raise InputError("nothing was clustered yet: call cluster first")
        known = self.members[numbers]
        return torch.where(known >= 0, known, self._nearest(rows.to(self.rows), torch.arange(len(self.centres))))

    def clusters(self) -> tuple[Clusters, Tensor]:
        """Centres and the members that are in one, with their rows `[F, D]`."""
        return Clusters(self.centres, self.members[self._in]), self.rows[self._in]

    def share(self) -> tuple[Tensor, Tensor]:
        """This rank's part of the rows in clusters, `[F, D]`, and their clusters: as many in a row as on one rank.

        An objective fetches the candidates of all ranks; that they come in the same order whatever the number of ranks
        makes draws among them the same.
        """
        ranks = Ranks.current()
        rows, members = self.rows[self._in], self.members[self._in]
        ends = [len(rows) * i // ranks.size for i in (ranks.index, ranks.index + 1)]
        return rows[slice(*ends)], members[slice(*ends)]


def _of_first_rank(rows: Tensor, k: int, seed: int) -> Clusters:
    """k-means, computed on rank 0 for all: machines may round differently."""
    ranks = Ranks.current()
    if ranks.index == 0:
        found = kmeans(rows, k, seed=seed)
    else:  # nothing of its own to send
        found = Clusters(rows[:0], torch.zeros(0, dtype=torch.int64, device=rows.device))
    return Clusters(ranks.gather(found.centres), ranks.gather(found.members))
