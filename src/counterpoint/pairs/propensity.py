"""Which candidates become positives and negatives, when what looks alike on the surface is too likely to be drawn."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.base.errors import InputError


@dataclass(frozen=True, kw_only=True)
class InversePropensity:
    """Chances of candidates by their similarity in meaning, over their propensity to be drawn for their surface.

    After Miao, Du and Zhang, "DebCSE: Rethinking Unsupervised Contrastive Sentence Embedding Learning in the Debiasing
    Perspective" (2023), arXiv:2309.07396. Formula, with c the similarity in meaning and u the one on the surface:
    a candidate is a positive with chance ``~ exp(c / t) / (u + floor)``, and a negative with chance
    ``~ exp(-c / t) (u + floor)``. Alike in meaning and unlike in words is the best positive, the reverse the best
    negative. Deviation: the exponential and the floor are ours; the paper has more steps.

    Attributes:
        temperature: t, positive.
        floor: Positive; keeps a pair without a word in common from taking everything.

    Raises:
        InputError: A setting is not positive.
    """

    temperature: float = 0.05
    floor: float = 0.1

    def __post_init__(self) -> None:
        """Check the settings."""
        if not (self.temperature > 0 and self.floor > 0):
            raise InputError(f"temperature and floor must be positive, got {self.temperature} and {self.floor}")

    def positives(self, meaning_NK: Tensor, surface_NK: Tensor) -> Tensor:
        """Chances `[N, K]` of each candidate to be its row's positive; rows sum to 1.

        Raises:
            InputError: Shapes differ, or surface is negative somewhere.
        """
        return self._chances(meaning_NK, surface_NK, sign=1)

    def negatives(self, meaning_NK: Tensor, surface_NK: Tensor) -> Tensor:
        """Chances `[N, K]` of each candidate to be its row's negative; rows sum to 1.

        Raises:
            InputError: Shapes differ, or surface is negative somewhere.
        """
        return self._chances(meaning_NK, surface_NK, sign=-1)

    def _chances(self, meaning_NK: Tensor, surface_NK: Tensor, *, sign: int) -> Tensor:
        if meaning_NK.shape != surface_NK.shape or meaning_NK.ndim != 2:
            shapes = [list(meaning_NK.shape), list(surface_NK.shape)]
            raise InputError(f"meaning and surface must be [N, K] both, got {shapes}")
        if bool((surface_NK < 0).any()):
            raise InputError(f"surface must not be negative, got {float(surface_NK.min())}")
        propensity_NK = (surface_NK + self.floor).log()
        return torch.softmax(sign * (meaning_NK / self.temperature - propensity_NK), dim=1)
