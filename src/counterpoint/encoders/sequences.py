"""Sequences of items to a vector at every place, by causal attention; and where the items' own vectors come from."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.base.marks import ABSENT, HIDDEN


class LearntItems(nn.Module):
    """A vector of its own for each item, `[I, D]`.

    Args:
        count: I.
        dim: D.
    """

    def __init__(self, count: int, *, dim: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(count, dim) * dim**-0.5)

    def forward(self) -> Tensor:
        """All of them, `[I, D]`."""
        return self.table


class DescribedItems(nn.Module):
    """Vectors made of attributes alone, so that items which nobody has taken yet have one too, `[I, D]`.

    Formula: ``W2 GELU(W1 mean of the attributes' vectors)``, as M2TRec's items without identifiers (Shalaby and others,
    2022, arXiv:2209.11824).

    Args:
        attributes: Of every item, numbers from 0 on; an item without any gets the vector of none.
        dim: D.

    Raises:
        InputError: No item has an attribute.
    """

    def __init__(self, attributes: Sequence[np.ndarray], *, dim: int) -> None:
        super().__init__()
        sizes = [len(one) for one in attributes]
        if not sum(sizes):
            raise InputError("attributes: no item has any")
        flat = torch.from_numpy(np.concatenate(attributes).astype(np.int64))
        self.register_buffer("_flat", flat, persistent=False)
        self.register_buffer("_starts", torch.tensor(np.cumsum([0, *sizes[:-1]])), persistent=False)
        self.bag = nn.EmbeddingBag(int(flat.max()) + 1, dim, mode="mean")
        nn.init.normal_(self.bag.weight, std=dim**-0.5)
        self.mix = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))

    def forward(self) -> Tensor:
        """All of them, `[I, D]`."""
        return self.mix(self.bag(self._flat, self._starts))


class GivenItems(nn.Module):
    """Vectors that something else has made and that do not learn, through a linear map that does, `[I, D]`.

    Args:
        vectors: `[I, E]`.
        dim: D.
    """

    def __init__(self, vectors: Tensor, *, dim: int) -> None:
        super().__init__()
        self.register_buffer("_vectors", nn.functional.normalize(vectors.float(), dim=1), persistent=False)
        self.map = nn.Linear(vectors.shape[1], dim)

    def forward(self) -> Tensor:
        """All of them, `[I, D]`."""
        return self.map(self._vectors)


class SequenceEncoder(nn.Module):
    """What a user will take next, from what they took before: SASRec's blocks.

    Kang and McAuley (2018), "Self-Attentive Sequential Recommendation", arXiv:1808.09781, Section III, with norms
    before the blocks. A next item is scored by the dot product of its vector with that of the last place.

    Attributes:
        items: Gives the vectors of all items.
        longest: Places; of longer sequences the last so many items count.
        from_end: Whether the last item has the last place, whatever the length, as in SASRec's public code; the first
            item has the first otherwise, and a sequence longer than those learnt from ends in a place that nothing has
            been learnt of.
    """

    def __init__(
        self,
        items: nn.Module,
        *,
        dim: int = 64,
        longest: int = 50,
        layers: int = 2,
        heads: int = 2,
        dropout: float = 0.2,
        from_end: bool = False,
    ) -> None:
        """Draw the weights from torch's random state.

        Args:
            items: From nothing to `[I, D]`.
            dim: D.
            longest: Places.
            layers: Blocks.
            heads: Of attention, a divisor of D.
            dropout: Of inputs and of every block.
            from_end: See above.

        Raises:
            InputError: Sizes below 1, or heads that do not divide D.
        """
        super().__init__()
        if min(dim, longest, layers, heads) < 1 or dim % heads:
            raise InputError(
                f"sizes must be at least 1 and heads divide dim, got dim={dim}, longest={longest}, layers={layers}, "
                f"heads={heads}"
            )
        self.items, self.longest, self.from_end = items, longest, from_end
        self.place = nn.Parameter(torch.randn(longest, dim) * dim**-0.5)
        self.hidden = nn.Parameter(torch.randn(dim) * dim**-0.5)
        self.drop = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(dim, heads, 4 * dim, dropout, "gelu", batch_first=True, norm_first=True)
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(dim)

    def forward(self, sequences: Tensor, table: Tensor | None = None) -> Tensor:
        """A vector after every item, `[N, L, D]`.

        Args:
            sequences: int64 `[N, L]`, oldest first; ``HIDDEN`` for a masked item, ``ABSENT`` after the end.
            table: What ``items()`` gave, to make it once for several calls.
        """
        vectors: Tensor = self.items() if table is None else table
        known = sequences.clamp(min=0)
        rows = torch.where((sequences == HIDDEN).unsqueeze(-1), self.hidden, vectors[known])
        there = sequences != ABSENT
        rows = rows * there.unsqueeze(-1)
        length = sequences.shape[1]
        later = torch.ones(length, length, dtype=torch.bool, device=rows.device).triu(1)
        # What is absent stands after the end, where a causal mask hides it from all that counts.
        rows = self.drop(rows + (self._from_end(there) if self.from_end else self.place[:length]))
        for block in self.blocks:
            rows = block(rows, src_mask=later)
        return self.norm(rows)

    def _from_end(self, there: Tensor) -> Tensor:
        # `[N, L, D]`; what is absent has the last place, and is seen by nothing.
        missing = self.longest - there.sum(1, keepdim=True)
        return self.place[(missing + torch.arange(there.shape[1], device=there.device)).clamp(max=self.longest - 1)]

    def last(self, sequences: Tensor, table: Tensor | None = None) -> Tensor:
        """The vector after the last item, `[N, D]`."""
        states = self(sequences, table)
        ends = (sequences != ABSENT).sum(1) - 1
        return states[torch.arange(len(states)), ends.clamp(min=0)]


def padded(sequences: Sequence[np.ndarray], longest: int) -> Tensor:
    """The last items of every sequence, int64 `[N, L]` with L the longest kept, ``ABSENT`` after the end."""
    kept = [one[-longest:] for one in sequences]
    rows = np.full((len(kept), max(1, *(len(one) for one in kept))), ABSENT, dtype=np.int64)
    for row, one in zip(rows, kept, strict=True):
        row[: len(one)] = one
    return torch.from_numpy(rows)
