"""A next item by the items' texts: an adaptor of given vectors."""

from torch import Tensor, nn


class AdaptedItems(nn.Module):
    """Vectors that something else has made and that do not learn, through a network that does, `[I, D]`.

    Formula: ``W2 relu(W1 v + b1) + b2`` with dropout before both maps, weights that begin small and biases that begin
    at 0: the adaptor of SASRecText in the public code of Attimonelli and others (2025), arXiv:2507.05006. Vectors are
    taken as they are, without scaling.

    Args:
        vectors: v, `[I, E]`.
        dim: D.
        hidden: Rows of W1.
        dropout: Before both maps.
    """

    def __init__(self, vectors: Tensor, *, dim: int, hidden: int = 300, dropout: float = 0.2) -> None:
        super().__init__()
        self.register_buffer("_vectors", vectors.float(), persistent=False)
        maps = nn.Linear(vectors.shape[1], hidden), nn.Linear(hidden, dim)
        for one in maps:
            nn.init.normal_(one.weight, std=0.02)
            nn.init.zeros_(one.bias)
        self.adaptor = nn.Sequential(nn.Dropout(dropout), maps[0], nn.ReLU(), nn.Dropout(dropout), maps[1])

    def forward(self) -> Tensor:
        """All of them, `[I, D]`."""
        return self.adaptor(self._vectors)
