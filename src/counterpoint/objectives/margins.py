"""Margin heads: softmax over classes whose own class must win by a margin, in the cosine, in the angle, or both."""

import math
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_finite, check_positive
from counterpoint.objectives._softmax import positive_terms
from counterpoint.pairwise import Cosine, Needs, Objective, Similarity, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class _MarginHead(Objective):
    """What they share: the margin is a function of one number per anchor, so that it lives in the head."""

    needs: ClassVar[Needs] = Needs.POSITIVES
    prototypes: ClassVar[bool] = True
    similarity: Similarity = field(default=Cosine(), init=False, repr=False)
    temperature: float = 1 / 64

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)
        for name in self.numbers():
            check_finite(name, getattr(self, name))

    @abstractmethod
    def handicapped(self, s_N: Tensor) -> Tensor:
        """Similarity to the own class, less its margin; finite derivative everywhere."""

    @abstractmethod
    def handicapped_by_angle(self, angle: Tensor) -> Tensor:
        """The same as the paper has it, of the angle of one anchor; for the reference."""

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: log-sum-exp of the other classes; similarity to the own one and whether there is one."""
        yield rows.lse(rel.log_weighted(s_NM / self.temperature), where=rel.negative)
        yield from positive_terms(rows, s_NM, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a class."""
        lse_N, positive_N, count_N = statistics
        own_N = positive_N / torch.where(count_N > 0, count_N, 1.0)
        logit_N = self.handicapped(own_N) / self.temperature
        return self.mean(torch.logaddexp(lse_N, logit_N) - logit_N, count_N)

    def reference(self, s_NM: Tensor, rel: Tile, /) -> Tensor:
        """The paper's equation, anchor by anchor, with the angle written out."""
        losses: list[Tensor] = []
        for s, positive, negative in zip(s_NM, rel.positive, rel.negative, strict=True):
            if positive.any():
                own = self.handicapped_by_angle(torch.arccos(s[positive].mean())) / self.temperature
                others = torch.exp(s[negative] / self.temperature).sum()
                losses.append(-torch.log(own.exp() / (own.exp() + others)))
        return torch.stack(losses).mean()


@dataclass(frozen=True, kw_only=True)
class CosFace(_MarginHead):
    """Large-margin cosine loss, or additive-margin softmax: the cosine of the own class counts ``m`` less.

    Formula, for anchor i of class y: ``loss_i = -log(e^{(s_iy - m) / t} / (e^{(s_iy - m) / t} + sum_{c != y} e^{s_ic /
    t}))``; mean over anchors. The paper's scale is ``1 / t``. With ``margin=0`` it is the softmax over normalised
    weights; a negative margin makes the own class easier.

    Shapes: anchors `[N, D]`, one weight per class as candidates `[K, D]`, labels `[N]` from 0 to K - 1 (-1: no class).
    Of a relation with several positives, their mean similarity is the own one.

    Attributes:
        temperature: ``t``, positive; 1/64, a scale of 64.
        margin: ``m``; 0.35.

    Example:
        >>> import torch
        >>> z = torch.eye(3)
        >>> round(CosFace(temperature=1.0, margin=1.0)(z, z, labels=torch.arange(3)).item(), 4)  # log 3
        1.0986
    """

    cites: ClassVar[Citation] = Citation(
        "Wang, Wang, Zhou, Ji, Gong, Zhou, Li and Liu",
        "CosFace: Large Margin Cosine Loss for Deep Face Recognition",
        2018,
        "arXiv:1801.09414",
        "Eq. 4",
    )
    margin: float = 0.35

    def handicapped(self, s_N: Tensor) -> Tensor:
        """The cosine less the margin."""
        return s_N - self.margin

    def handicapped_by_angle(self, angle: Tensor) -> Tensor:
        """The same of the angle."""
        return torch.cos(angle) - self.margin


@dataclass(frozen=True, kw_only=True)
class ArcFace(_MarginHead):
    """Additive angular margin: the angle to the own class counts ``m`` more.

    Formula: that of CosFace with ``cos(theta_iy + m)`` in the place of ``s_iy - m``, ``theta = arccos s``. Where the
    widened angle exceeds 180 degrees the cosine would rise again; there it is ``s_iy - m sin m``, as in the public
    code (no easy margin). At an angle of exactly 0, whose derivative does not exist, the sine is taken as 0.

    Shapes: anchors `[N, D]`, one weight per class as candidates `[K, D]`, labels `[N]` from 0 to K - 1 (-1: no class).

    Attributes:
        temperature: ``t``, positive; 1/64, a scale of 64.
        margin: ``m`` in radians; 0.5.

    Example:
        >>> import torch
        >>> z = torch.eye(3)
        >>> near = ArcFace(temperature=1.0, margin=torch.pi / 2)(z, z, labels=torch.arange(3))
        >>> round(near.item(), 3)  # a right angle wider, every class is as far as the own one: log 3
        1.099
    """

    cites: ClassVar[Citation] = Citation(
        "Deng, Guo, Xue and Zafeiriou",
        "ArcFace: Additive Angular Margin Loss for Deep Face Recognition",
        2019,
        "arXiv:1801.07698",
        "Eq. 3",
    )
    margin: float = 0.5

    def handicapped(self, s_N: Tensor) -> Tensor:
        """The cosine of the widened angle."""
        return _widened(s_N, self.margin)

    def handicapped_by_angle(self, angle: Tensor) -> Tensor:
        """The same of the angle."""
        return _widened_angle(angle, self.margin)


@dataclass(frozen=True, kw_only=True)
class CombinedMargin(_MarginHead):
    """An angular and a cosine margin at once.

    Formula: that of CosFace with ``cos(theta_iy + a) - c`` in the place of ``s_iy - m``; beyond 180 degrees as ArcFace.
    The paper's factor on the angle (its m1) is 1.

    Shapes: anchors `[N, D]`, one weight per class as candidates `[K, D]`, labels `[N]` from 0 to K - 1 (-1: no class).

    Attributes:
        temperature: ``t``, positive; 1/64, a scale of 64.
        angle: ``a`` in radians (its m2); 0.3. With 0 it is CosFace.
        cosine: ``c`` (its m3); 0.2. With 0 it is ArcFace.

    Example:
        >>> import torch
        >>> z, y = torch.eye(3), torch.arange(3)
        >>> bool(CombinedMargin()(z, z.roll(1, 0), labels=y) > ArcFace(margin=0.3)(z, z.roll(1, 0), labels=y))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Deng, Guo, Xue and Zafeiriou",
        "ArcFace: Additive Angular Margin Loss for Deep Face Recognition",
        2019,
        "arXiv:1801.07698",
        "Eq. 4",
    )
    angle: float = 0.3
    cosine: float = 0.2

    def handicapped(self, s_N: Tensor) -> Tensor:
        """The cosine of the widened angle, less the cosine margin."""
        return _widened(s_N, self.angle) - self.cosine

    def handicapped_by_angle(self, angle: Tensor) -> Tensor:
        """The same of the angle."""
        return _widened_angle(angle, self.angle) - self.cosine


def _widened(s_N: Tensor, margin: float | Tensor) -> Tensor:
    """``cos(arccos(s) + margin)``, by the addition theorem: arccos has no derivative at either end."""
    cos, sin = (margin.cos(), margin.sin()) if isinstance(margin, Tensor) else (math.cos(margin), math.sin(margin))
    square_N = 1 - s_N.square()
    # So near an end the sine is rounding alone, and its derivative would be as large as one over it.
    known = square_N > 4 * torch.finfo(s_N.dtype).eps
    sine_N = torch.where(known, torch.where(known, square_N, 1.0).sqrt(), 0.0)
    return torch.where(s_N > -cos, s_N * cos - sine_N * sin, s_N - margin * sin)


def _widened_angle(angle: Tensor, margin: float | Tensor) -> Tensor:
    m = torch.as_tensor(margin, dtype=angle.dtype)
    return torch.cos(angle + m) if angle <= torch.pi - m else torch.cos(angle) - m * torch.sin(m)
