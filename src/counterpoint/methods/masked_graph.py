"""Masked graph autoencoding: features of some nodes are hidden, and rebuilt from what is around them."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity

from counterpoint.base.errors import InputError
from counterpoint.encoders.geometric import geometric_layers
from counterpoint.encoders.graph import GraphEncoder, Layer

_ALL = slice(None)


def scaled_cosine_error(rebuilt_ND: Tensor, true_ND: Tensor, power: float) -> Tensor:
    """``mean_i (1 - cos(z_i, x_i))^power``: easy rows count less the larger the power."""
    return (1 - cosine_similarity(rebuilt_ND, true_ND, dim=1)).pow(power).mean()


@dataclass(frozen=True, kw_only=True)
class Masking:
    """What is hidden and how the rebuilt rows are judged; defaults are GraphMAE's for Cora.

    Attributes:
        share: Of the nodes whose features are hidden.
        power: Of the scaled cosine error; None for the squared error.
        again: Whether codes of hidden nodes are hidden from the decoder once more.

    Raises:
        InputError: A share outside 0 to 1, or a power below 1.
    """

    share: float = 0.5
    power: float | None = 3.0
    again: bool = True

    def __post_init__(self) -> None:
        """Check the settings."""
        if not 0 < self.share < 1:
            raise InputError(f"share must lie between 0 and 1, got {self.share}")
        if self.power is not None and self.power < 1:
            raise InputError(f"power must be at least 1, got {self.power}")


class MaskedGraphAutoencoder(nn.Module):
    """GraphMAE: a graph encoder, and a decoder of one graph convolution back to the features.

    Hou, Liu, Cen, Dong, Yang, Wang and Tang (2022), "GraphMAE: Self-Supervised Masked Graph Autoencoders",
    arXiv:2205.10803. The learnt token of hidden features is the weight of one more column that says who
    is hidden, which is the same after a linear layer and keeps features sparse. The convolution spreads codes before it
    widens them, which is the same product and far less work, and widens the hidden rows alone.

    Attributes:
        encoder: To `[N, D]`.
    """

    def __init__(self, features: int, *, hidden: int, dim: int, layer: Layer = Layer.GCN) -> None:
        """Draw weights from torch's random state.

        Args:
            features: F.
            hidden: Width of the encoder's first layer.
            dim: D.
            layer: Kind of the encoder's layers.
        """
        super().__init__()
        self.encoder = GraphEncoder((features + 1, hidden, dim), layer=layer, activate_last=True, dropout=0.2)
        self.bridge = nn.Linear(dim, dim, bias=False)
        self.spread = geometric_layers().APPNP(K=1, alpha=0.0)
        self.output = nn.Linear(dim, features)
        # As a graph convolution draws them: a linear map's own are smaller, and nodes are told less well for it.
        nn.init.xavier_uniform_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def forward(
        self,
        x_NF: Tensor,
        edges_2E: Tensor,
        masking: Masking,
        generator: torch.Generator,
        among: slice | Tensor = _ALL,
    ) -> Tensor:
        """The loss on hidden nodes that are drawn, a scalar.

        Args:
            x_NF: Sparse features.
            edges_2E: int64 `[2, 2E]`, both directions.
            masking: The settings.
            generator: Of the draw.
            among: Nodes of which the share is hidden, a slice or int64 `[B]`; others are seen and not rebuilt.
        """
        nodes = torch.arange(len(x_NF))[among]
        rows = nodes[torch.randperm(len(nodes), generator=generator)[: max(1, round(masking.share * len(nodes)))]]
        hidden = torch.zeros(len(x_NF), dtype=torch.bool)
        hidden[rows] = True
        codes = self.bridge(self.encoder(_with_token(x_NF, hidden), edges_2E))
        if masking.again:
            codes = torch.where(hidden[:, None], 0.0, codes)
        rebuilt = self.output(self.spread(codes, edges_2E)[rows])
        true = x_NF.index_select(0, rows).to_dense()
        if masking.power is None:
            return (rebuilt - true).square().mean()
        return scaled_cosine_error(rebuilt, true, masking.power)

    def embed(self, x_NF: Tensor, edges_2E: Tensor) -> Tensor:
        """`[N, D]` with nothing hidden."""
        return self.encoder(_with_token(x_NF, torch.zeros(len(x_NF), dtype=torch.bool)), edges_2E)


def _with_token(x_NF: Tensor, hidden_N: Tensor) -> Tensor:
    """Sparse `[N, F + 1]`: no features where they are hidden, and a 1 in the last column instead."""
    place, values = x_NF.indices(), x_NF.values()
    kept = ~hidden_N[place[0]]
    rows = hidden_N.nonzero()[:, 0]
    token = torch.stack([rows, torch.full_like(rows, x_NF.shape[1])])
    return torch.sparse_coo_tensor(
        torch.cat([place[:, kept], token], dim=1),
        torch.cat([values[kept], values.new_ones(len(rows))]),
        (x_NF.shape[0], x_NF.shape[1] + 1),
        check_invariants=False,
    ).coalesce()
