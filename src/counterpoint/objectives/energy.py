"""Energy-based losses: the energy of what is right below that of the most offending wrong answer."""

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_finite
from counterpoint.objectives._softmax import positive_terms
from counterpoint.pairwise import Needs, Objective, Terms, Tile, rows


class EnergyShape(Enum):
    """How the energies of the right and of the most offending answer become a loss."""

    HINGE = "hinge"
    """``max(0, margin + E+ - E-)``."""
    LOG = "log"
    """``log(1 + exp(margin + E+ - E-))``, which never stops pulling."""
    SQUARE = "square"
    """``max(0, E+)^2 + max(0, margin - E-)^2``: each has a level of its own to reach."""

    def __repr__(self) -> str:
        """As it is written in source, so that an objective's ``repr`` can be read back."""
        return f"{type(self).__name__}.{self.name}"


@dataclass(frozen=True, kw_only=True)
class EnergyMargin(Objective):
    """Margin losses of energies ``E = 1 - s``: low for the positive, higher for the most offending negative.

    Formula, for anchor i: ``E+`` the mean energy of its positives, ``E- = min_{n negative of i} (1 - s_in)``; the loss
    is one of the three of :class:`EnergyShape`, mean over the anchors that have a positive. The hinge over in-batch and
    hard negatives is PromCSE's energy-based hinge (arXiv:2203.06875); the log loss with margin 0 and one negative is
    minus the logarithm of the positive's share of ``exp(-E)``, as energy models of two labels are trained.

    Shapes: anchors `[N, D]`, candidates `[M, D]`, negatives `[K, D]` or `[N, H, D]`.

    Attributes:
        margin: A finite number, in units of the similarity; 0.5.
        shape: Which loss.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> EnergyMargin(margin=0.5)(z, z).item(), EnergyMargin(margin=0.5)(z, z.flip(0)).item()
        (0.0, 1.5)
    """

    cites: ClassVar[Citation] = Citation(
        "LeCun, Chopra, Hadsell, Ranzato and Huang",
        "A Tutorial on Energy-Based Learning",
        2006,
        "In: Predicting Structured Data, MIT Press",
        "the generalized margin losses: hinge, log and square-square",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES | Needs.NEGATIVES
    margin: float = 0.5
    shape: EnergyShape = EnergyShape.HINGE

    def __post_init__(self) -> None:
        """Check the settings."""
        check_finite("margin", self.margin)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: the most similar negative; sum and number of positives."""
        yield rows.max(s_NM, where=rel.negative)
        yield from positive_terms(rows, s_NM, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a positive.

        Raises:
            InputError: An anchor has no negative.
        """
        nearest_N, positive_N, count_N = statistics
        if bool((nearest_N == -torch.inf).any()):
            raise InputError("EnergyMargin needs at least one negative for every anchor, and some anchor has none")
        return self.mean(self._loss(1 - positive_N / torch.where(count_N > 0, count_N, 1.0), 1 - nearest_N), count_N)

    def _loss(self, right_N: Tensor, wrong_N: Tensor) -> Tensor:
        if self.shape is EnergyShape.SQUARE:
            return relu(right_N).square() + relu(self.margin - wrong_N).square()
        violation_N = self.margin + right_N - wrong_N
        return relu(violation_N) if self.shape is EnergyShape.HINGE else softplus(violation_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """The three equations, anchor by anchor."""
        losses: list[Tensor] = []
        for e, positive, negative in zip(1 - s_NM, rel.positive, rel.negative, strict=True):
            if positive.any():
                right, wrong = e[positive].mean(), e[negative].min()
                if self.shape is EnergyShape.HINGE:
                    losses.append((self.margin + right - wrong).clamp_min(0))
                elif self.shape is EnergyShape.LOG:
                    losses.append(torch.log(1 + torch.exp(self.margin + right - wrong)))
                else:
                    losses.append(right.clamp_min(0) ** 2 + (self.margin - wrong).clamp_min(0) ** 2)
        return torch.stack(losses).mean()
