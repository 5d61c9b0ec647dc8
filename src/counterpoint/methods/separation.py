"""Common and salient codes: what a target set shares with a background, and what it has alone."""

from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.base.checks import check_not_negative, check_positive_number
from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.objectives import Dispersive, JointEntropy
from counterpoint.pairwise import NegativeSquaredEuclidean, Ranks
from counterpoint.pairwise.shared import every_row

Views = tuple[Tensor, Tensor]
"""Codes `[N, D]` of two views of the same examples."""


@dataclass(frozen=True, kw_only=True)
class SepCLR:
    """Separation of common from salient patterns: the loss of two encoders on a background and a target set.

    Formula, for common codes c of unit length and salient ones s as they are, t the temperature, two views each:
    ``align(x) = mean |x - x'|^2 / 2t``, ``spread(x) = log mean_{i != j} exp(-|x_i - x_j|^2 / 2t)``, mean of both views;
    ``[align(c) + 2 spread(c)] + salient [align(s of targets) + 2 spread(s0)] + constant mean |s of background|^2 / 2t +
    separation kJEM(c, s0)``, s0 being s with the background's rows at 0, and kJEM ``JointEntropy``, mean of views.

    Louiset, Duchesnay, Grigis and Gori, "Separating Common from Salient Patterns with Contrastive Representation
    Learning" (2024), arXiv:2402.11928, as in the public code.

    Attributes:
        temperature: ``t``, positive; 0.5 as in the public code.
        salient: Weight of the salient term, not negative; 1000 as in the public code for digits on natural images. Its
            other data sets take 1 to 100.
        constant: Weight of what holds the background's salient codes at 0; 1000, or 100 elsewhere.
        separation: Weight of k-JEM; 10 as in the public code.

    Raises:
        InputError: A setting is out of its range.

    Example:
        >>> c, s, y = torch.eye(4), torch.zeros(4, 2), torch.tensor([0, 0, 1, 1])
        >>> same = SepCLR(salient=0.0, separation=0.0)((c, c), (s, s), y)  # 2 log exp(-2) of orthogonal common codes
        >>> round(same.item(), 4)
        -4.0
    """

    temperature: float = 0.5
    salient: float = 1000.0
    constant: float = 1000.0
    separation: float = 10.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive_number("temperature", self.temperature)
        for name in ("salient", "constant", "separation"):
            check_not_negative(name, getattr(self, name))

    def __call__(self, common: Views, salient: Views, targets: Tensor) -> Tensor:
        """The loss over the global batch, a scalar.

        Args:
            common: Common codes of both views.
            salient: Salient codes of both views.
            targets: int or bool `[N]`: 1 for an example of the target set, 0 for one of the background.

        Raises:
            InputError: Shapes do not fit, or one of the two sets is missing from the batch.
        """
        target_N = self._checked(common, salient, targets)
        unit = tuple(unit_rows(c) for c in common)
        held = tuple(torch.where(target_N[:, None], s, 0.0) for s in salient)
        everywhere = Ranks.current()
        every_target = everywhere.gather(target_N.to(torch.uint8)).bool()
        if bool(every_target.all()) or not bool(every_target.any()):
            raise InputError(
                "targets must name rows of the target set (1) and of the background (0), and one is missing"
            )
        first, second = (every_row(everywhere, s) for s in salient)
        still = (first[~every_target].square() + second[~every_target].square()).sum(1).mean() / 2
        shared = self._pulled(*(every_row(everywhere, c) for c in unit)) + 2 * self._spread(unit[0], unit[1])
        own = self._pulled(first[every_target], second[every_target]) + 2 * self._spread(held[0], held[1])
        leak = sum(self._joint(c, s) for c, s in zip(unit, held, strict=True)) / 2
        return shared + self.salient * own + self.constant * still / (2 * self.temperature) + self.separation * leak

    def _pulled(self, one: Tensor, other: Tensor) -> Tensor:
        return (one - other).square().sum(1).mean() / (2 * self.temperature)

    def _spread(self, one: Tensor, other: Tensor) -> Tensor:
        return Dispersive(similarity=NegativeSquaredEuclidean(), temperature=2 * self.temperature)(one, other)

    def _joint(self, common: Tensor, salient: Tensor) -> Tensor:
        return JointEntropy(temperature=self.temperature)(torch.cat([common, salient], 1))

    def _checked(self, common: Views, salient: Views, targets: Tensor) -> Tensor:
        sizes = {len(x) for x in (*common, *salient, targets)}
        if len(sizes) > 1 or common[0].shape != common[1].shape or salient[0].shape != salient[1].shape:
            shapes = [list(x.shape) for x in (*common, *salient, targets)]
            raise InputError(f"two views [N, D] of each code and targets [N] are needed, got {shapes}")
        return targets.to(common[0].device).bool()
