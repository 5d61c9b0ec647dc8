"""Nodes of a graph that grows by events: message passing within patches of time, attention across them."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.base.sparse import sparse_tensor


class Across(StrEnum):
    """How the tokens of a node in different patches meet."""

    ATTENTION = "attention"
    LAST = "last"


def time_patches(events: np.ndarray, times: np.ndarray, n: int, *, patches: int) -> list[Tensor]:
    """Events cut into patches of as many events each, in the order of time.

    Args:
        events: int `[E, 2]`.
        times: `[E]`; events of one time stay in their order.
        n: Number of nodes.
        patches: P.

    Returns:
        Sparse `[N, N]` each: the mean over the nodes that a node met in the patch, in both directions.

    Raises:
        InputError: Not one time per event, fewer events than patches, or a node out of range.
    """
    if len(events) != len(times) or not 1 <= patches <= len(events):
        raise InputError(
            f"there must be one time per event and patches in 1..E, got {len(events)} events, "
            f"{len(times)} times and {patches} patches"
        )
    if events.min() < 0 or events.max() >= n:
        raise InputError(f"events must join nodes 0..{n - 1}, got {events.min()} to {events.max()}")
    ordered, found = events[np.argsort(times, kind="stable")], []
    for part in np.array_split(ordered, patches):
        both = np.concatenate([part, part[:, ::-1]])
        met = sparse.csr_array((np.ones(len(both)), (both[:, 0], both[:, 1])), (n, n))
        count = np.asarray(met.sum(1)).ravel()
        found.append(sparse_tensor(sparse.diags_array(1 / np.maximum(count, 1)) @ met))
    return found


class PatchTransformer(nn.Module):
    """Blocks of a local step, message passing in each patch, and a global one, attention over a node's patches.

    Biparva, Karimi, Faez and Zhang (2024), "Todyformer: Towards Holistic Dynamic Graph Transformers with
    Structure-Aware Tokenization", arXiv:2402.05944, with patches of the same size for all nodes and mean
    messages in the local step.

    Attributes:
        across: ``LAST`` leaves attention out: the last patch alone is read.
    """

    def __init__(
        self, features: int, *, patches: int, dim: int = 32, blocks: int = 2, across: Across = Across.ATTENTION
    ) -> None:
        """Draw weights from torch's random state.

        Args:
            features: F.
            patches: P, at most.
            dim: D, a multiple of 4.
            blocks: Pairs of a local and a global step.
            across: How patches meet.
        """
        super().__init__()
        self.across, self.inputs = across, nn.Linear(features, dim)
        self.time = nn.Parameter(0.1 * torch.randn(patches, 1, dim))
        self.local = nn.ModuleList(
            nn.Sequential(nn.Linear(2 * dim, dim), nn.ReLU(), nn.Linear(dim, dim)) for _ in range(blocks)
        )
        self.attend = nn.ModuleList(
            nn.TransformerEncoderLayer(dim, 4, 2 * dim, dropout=0.0, norm_first=True) for _ in range(blocks)
        )

    def forward(self, x_NF: Tensor, patches: Sequence[Tensor]) -> Tensor:
        """`[N, D]` after the last patch.

        Args:
            x_NF: Features.
            patches: Of :func:`time_patches`.
        """
        rows_ND = self.inputs(x_NF)
        tokens_PND = rows_ND + self.time[: len(patches)]
        for local, attend in zip(self.local, self.attend, strict=True):
            met_PND = torch.stack([patch @ token for patch, token in zip(patches, tokens_PND, strict=True)])
            tokens_PND = tokens_PND + local(torch.cat([tokens_PND, met_PND], dim=2))
            if self.across is Across.ATTENTION:
                tokens_PND = attend(tokens_PND)
        return tokens_PND[-1]
