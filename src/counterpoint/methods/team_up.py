"""Nodes of strong communities push harder, the more the longer training has gone on: CSGCL's contrast."""

import torch
from torch import Tensor, nn

from counterpoint.base.checks import check_not_negative, check_positive_number
from counterpoint.base.errors import InputError
from counterpoint.objectives import CLIP
from counterpoint.pairs.tilted import Tilted
from counterpoint.pairwise import SameKey


class TeamUp(nn.Module):
    """Contrast of two views of a graph's nodes on ``cos(u_i, v_j) + g (S_i + S_j)``, S the strength of a community.

    Formula: the symmetric InfoNCE of ``CLIP`` at temperature t, in whose denominators a pair weighs
    ``exp(g (S_i + S_j) / t)``; ``g = min(most, max(0, (step - warm) / stride))`` lets the communities take shape first.
    Strengths of positives are constants to the gradient and left out. Chen, Zhao, Li, Zou, Li and Zhang (2023),
    "CSGCL: Community-Strength-Enhanced Graph Contrastive Learning", arXiv:2305.04658, the Team-up objective. The
    strengths of ``counterpoint.views.communal`` are those of the paper.

    Attributes:
        strength: S of every node's community, `[N]`; moves with the module.
    """

    def __init__(
        self, strength_N: Tensor, *, temperature: float = 0.4, warm: int = 0, stride: float = 100.0, most: float = 1.0
    ) -> None:
        """Keep the strengths; nothing is learnt.

        Args:
            strength_N: S, finite.
            temperature: ``t``, positive.
            warm: Steps before g grows.
            stride: Steps in which g grows by 1.
            most: The largest g; 0 is CLIP.

        Raises:
            InputError: Strengths are no finite vector, or a setting is out of range.
        """
        super().__init__()
        if strength_N.ndim != 1 or not strength_N.is_floating_point() or not bool(torch.isfinite(strength_N).all()):
            raise InputError(
                f"strength must be finite numbers [N], one per node, got {strength_N.dtype} {list(strength_N.shape)}"
            )
        check_positive_number("temperature", temperature)
        check_positive_number("stride", stride)
        check_not_negative("warm", warm)
        check_not_negative("most", most)
        self.strength: Tensor
        self.register_buffer("strength", strength_N)
        self.temperature, self.warm, self.stride, self.most = temperature, warm, stride, most

    def share(self, step: int) -> float:
        """``g`` at a step."""
        return min(max(0.0, (step - self.warm) / self.stride), self.most)

    def forward(self, first: Tensor, second: Tensor, step: int, nodes: Tensor | None = None) -> Tensor:
        """The loss, a scalar.

        Args:
            first: Rows `[n, D]` of one view.
            second: Rows of the other.
            step: Number of the step.
            nodes: int64 `[n]`, which nodes the rows are; None where they are all of them, in order.

        Raises:
            InputError: There is another number of rows than of nodes.
        """
        strength_n = self.strength if nodes is None else self.strength[nodes]
        if len(first) != len(strength_n):
            raise InputError(f"{len(first)} rows for {len(strength_n)} nodes: nodes must say which they are")
        i = torch.arange(len(first), device=first.device)
        paired = SameKey(i, i, local=True)
        scale = self.share(step) / self.temperature
        tilted = Tilted(inner=paired, anchors=strength_n, candidates=strength_n, scale=scale)
        return CLIP(temperature=self.temperature)(first, second, relation=tilted)
