"""Gates that open some features for a pair of classes and close others."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.encoders.layers import perceptron


@dataclass(frozen=True, kw_only=True)
class LearnableGate:
    """A gate for every pair of classes, from one learnt code per class.

    Attributes:
        code_dim: Dimensions of a class's code.
        hidden_dim: Width of the hidden layer.
    """

    code_dim: int = 64
    hidden_dim: int = 128

    def __post_init__(self) -> None:
        if min(self.code_dim, self.hidden_dim) < 1:
            raise InputError(f"code_dim and hidden_dim must be at least 1, got {self.code_dim} and {self.hidden_dim}")

    def build(self, classes: int, dim: int) -> "ClassPairGate":
        """The module, with weights from torch's global random state.

        Args:
            classes: Of the training data.
            dim: D of what is gated.
        """
        return ClassPairGate(self, classes, dim)


class ClassPairGate(nn.Module):
    """Calling it with two classes gives their gate, entries between 0 and 1, whichever comes first.

    Wu et al., "Rethinking Positive Pairs in Contrastive Learning" (2024), arXiv:2410.18200. Formula:
    ``sigmoid(MLP((e(y1) + e(y2)) / 2))``, e a learnt code of each class.

    Args:
        spec: The sizes.
        classes: How many.
        dim: D.
    """

    def __init__(self, spec: LearnableGate, classes: int, dim: int) -> None:
        super().__init__()
        self.codes = nn.Embedding(classes, spec.code_dim)
        self.layers = perceptron((spec.code_dim, spec.hidden_dim, dim), batch_norm=False)

    def forward(self, first_N: Tensor, second_N: Tensor) -> Tensor:
        """Classes int `[N]` and `[N]` to gates `[N, D]`."""
        return torch.sigmoid(self.layers((self.codes(first_N) + self.codes(second_N)) / 2))
