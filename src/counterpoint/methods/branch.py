"""An encoder with its head: what a teacher copies together."""

from torch import Tensor, nn

from counterpoint.encoders import Encoder
from counterpoint.methods.base import Inputs


class Branch(nn.Module):
    """Inputs to projections.

    Args:
        encoder: Embeds inputs.
        head: Projects embeddings.
    """

    def __init__(self, encoder: Encoder, head: nn.Module) -> None:
        super().__init__()
        self.encoder, self.head = encoder, head

    def forward(self, inputs: Inputs) -> Tensor:
        """Projections `[n, D]`."""
        return self.head(self.encoder(inputs))
