"""Nodes as sequences of ever smaller surroundings, read by a selective state-space scan in both directions."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import silu, softplus


class SelectiveScan(nn.Module):
    """A linear recurrence whose step size, input and output depend on the token.

    Formula, per channel with state h: ``h_t = exp(d_t A) h_{t-1} + d_t B_t x_t``, ``y_t = C_t h_t + D x_t``, with
    ``d_t, B_t, C_t`` linear in ``x_t``; the gate ``silu(W x_t)`` multiplies y. Gu and Dao (2023), "Mamba: Linear-Time
    Sequence Modeling with Selective State Spaces", arXiv:2312.00752, Algorithm 2. Written as a loop over tokens.
    """

    def __init__(self, dim: int, *, state: int = 8) -> None:
        """Draw weights from torch's random state.

        Args:
            dim: D.
            state: Numbers of state per channel.
        """
        super().__init__()
        self.log_rate = nn.Parameter(torch.arange(1, state + 1).float().log().repeat(dim, 1))
        self.skip = nn.Parameter(torch.ones(dim))
        self.step, self.gate, self.out = (nn.Linear(dim, dim) for _ in range(3))
        self.write, self.read = (nn.Linear(dim, state, bias=False) for _ in range(2))

    def forward(self, x_NLD: Tensor) -> Tensor:
        """`[N, L, D]`, in time and memory linear in L."""
        steps_NLD = softplus(self.step(x_NLD))
        write_NLS, read_NLS = self.write(x_NLD), self.read(x_NLD)
        state_NDS = x_NLD.new_zeros(len(x_NLD), x_NLD.shape[2], self.log_rate.shape[1])
        found = []
        for t in range(x_NLD.shape[1]):
            decay_NDS = torch.exp(-steps_NLD[:, t, :, None] * self.log_rate.exp())
            state_NDS = decay_NDS * state_NDS + (steps_NLD[:, t] * x_NLD[:, t])[:, :, None] * write_NLS[:, t, None]
            found.append((state_NDS * read_NLS[:, t, None]).sum(-1) + self.skip * x_NLD[:, t])
        return self.out(torch.stack(found, dim=1) * silu(self.gate(x_NLD)))


class GraphMamba(nn.Module):
    """Surroundings as tokens, and a scan over them in both directions; the last token is the node itself.

    A token is the mean of a perceptron over the nodes that some random walks of one length met. Behrouz and Hashemi
    (2024), "Graph Mamba: Towards Learning on Graphs with State Space Models", arXiv:2402.08678, Section 4, with one
    token a length and no positional encodings.
    """

    def __init__(self, features: int, *, dim: int = 32, classes: int) -> None:
        """Draw weights from torch's random state.

        Args:
            features: F.
            dim: D.
            classes: Numbers that come out.
        """
        super().__init__()
        self.token = nn.Sequential(nn.Linear(features, dim), nn.ReLU(), nn.Linear(dim, dim))
        self.forth, self.back = SelectiveScan(dim), SelectiveScan(dim)
        self.norm, self.head = nn.LayerNorm(dim), nn.Linear(dim, classes)

    def forward(self, x_NF: Tensor, surroundings: Sequence[Tensor]) -> Tensor:
        """`[Q, classes]`.

        Args:
            x_NF: Features.
            surroundings: Who is near, sparse `[Q, N]` with rows that sum to 1, the widest first.
        """
        rows_ND = self.token(x_NF)
        tokens_QLD = torch.stack([one @ rows_ND for one in surroundings], dim=1)
        both_QLD = self.forth(tokens_QLD) + self.back(tokens_QLD.flip(1)).flip(1)
        return self.head(self.norm(both_QLD.mean(1)))
