"""Vector views: noise, features left out, features or whole rows taken from elsewhere in the batch."""

from abc import abstractmethod
from dataclasses import dataclass

import torch
from scipy.special import betaincinv
from torch import Tensor

from counterpoint.base.content import Content, Kind, kind_of
from counterpoint.base.errors import InputError
from counterpoint.views.pixels import unit_images
from counterpoint.views.random import normal, uniform
from counterpoint.views.view import View, check_range, check_seeds


@dataclass(frozen=True, kw_only=True)
class VectorView(View):
    """A change of vectors `[N, D]` that keeps their shape."""

    def __call__(self, content: Content, seeds: Tensor) -> Tensor:
        """Change each of N vectors; see :class:`View`."""
        if not isinstance(content, Tensor) or content.ndim != 2 or not content.is_floating_point():
            what = f"{content.dtype} {list(content.shape)}" if isinstance(content, Tensor) else type(content).__name__
            raise InputError(f"{type(self).__name__} needs floating-point vectors [N, D], not {what}")
        check_seeds(content, seeds)
        return self.change(content, seeds) if len(content) else content

    @abstractmethod
    def change(self, vectors: Tensor, seeds: Tensor) -> Tensor:
        """Changed vectors, same shape and type, without touching the input; N is at least 1."""


@dataclass(frozen=True, kw_only=True)
class GaussianNoise(VectorView):
    """x + ``std`` * ``scale`` * n with n standard normal, independent for each feature.

    Attributes:
        std: Standard deviation of the noise: absolute, or in units of ``scale``.
        scale: One positive unit per feature, such as the feature's standard deviation in the training data; None is 1.
    """

    std: float = 0.1
    scale: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        check_range("GaussianNoise: std", self.std, least=0)
        for unit in self.scale or ():
            check_range("GaussianNoise: scale", unit, least=0)

    def change(self, vectors: Tensor, seeds: Tensor) -> Tensor:
        """Add noise to all."""
        noise_ND = self.std * normal(seeds, vectors.shape[1], stream="GaussianNoise").to(vectors.dtype)
        if self.scale is None:
            return vectors + noise_ND
        if len(self.scale) != vectors.shape[1]:
            raise InputError(f"GaussianNoise: scale has {len(self.scale)} entries, the vectors {vectors.shape[1]}")
        return vectors + noise_ND * torch.tensor(self.scale, dtype=vectors.dtype, device=vectors.device)


@dataclass(frozen=True, kw_only=True)
class FeatureDrop(VectorView):
    """Each feature becomes ``fill`` with probability ``rate``; what stays is not rescaled.

    Attributes:
        rate: Probability to drop a feature.
        fill: Value of dropped features; 0 is the mean of standardised data.
    """

    rate: float = 0.2
    fill: float = 0.0

    def __post_init__(self) -> None:
        check_range("FeatureDrop: rate", self.rate, least=0, most=1)

    def change(self, vectors: Tensor, seeds: Tensor) -> Tensor:
        """Drop from all."""
        dropped_ND = uniform(seeds, vectors.shape[1], stream="FeatureDrop") < self.rate
        return vectors.masked_fill(dropped_ND, self.fill)


@dataclass(frozen=True, kw_only=True)
class FeatureSwap(VectorView):
    """A share of the features takes the values those features have in other rows, each from a row of its own.

    SCARF (Bahri et al. 2022, arXiv:2106.15147, Algorithm 1): q = floor(``rate`` D) features, uniform without
    replacement, are replaced by draws from their empirical marginal distributions; the paper's rate is 0.6 with one of
    the two views left whole. Deviations: the marginal is that of the batch (the paper draws from the training set),
    and q is at least 1 if the rate is positive.

    This view mixes rows: which values come in depends on the rest of the batch; which features are replaced does not.
    """

    rate: float = 0.6

    def __post_init__(self) -> None:
        check_range("FeatureSwap: rate", self.rate, least=0, most=1)

    def change(self, vectors: Tensor, seeds: Tensor) -> Tensor:
        """Replace in all."""
        rows, features = vectors.shape
        count = max(1, int(self.rate * features + 1e-9)) if self.rate > 0 else 0  # 0.29 * 100 is 28.999...
        rank_ND = uniform(seeds, features, stream="FeatureSwap: which").argsort(dim=1, stable=True).argsort(dim=1)
        source_ND = (uniform(seeds, features, stream="FeatureSwap: source") * rows).to(torch.int64).clamp_(max=rows - 1)
        return torch.where(rank_ND < count, vectors.gather(0, source_ND), vectors)


@dataclass(frozen=True, kw_only=True)
class MixUp(View):
    """m x_i + (1 - m) x_j with another row j of the batch: vectors or images.

    mixup (Zhang et al. 2018, arXiv:1710.09412) with weight w from Beta(``alpha``, ``alpha``); m = max(w, 1 - w),
    so that row i always dominates and stays the example that the view belongs to, as in the mixup noise of DACL
    (Verma et al. 2021, arXiv:2011.04419). With ``alpha`` = 1, m is uniform on [1/2, 1]; smaller is gentler.

    This view mixes rows: j is uniform over the other rows of the batch. A batch of one row is left alone.
    """

    alpha: float = 0.2

    def __post_init__(self) -> None:
        check_range("MixUp: alpha", self.alpha, least=1e-3)

    def __call__(self, content: Content, seeds: Tensor) -> Tensor:
        """Mix every row with one other; images leave as float32 in 0..1."""
        if not isinstance(content, Tensor):
            raise InputError(f"MixUp needs vectors or images, not {type(content).__name__}")
        check_seeds(content, seeds)
        tensors = unit_images(content) if kind_of(content) is Kind.IMAGE else content
        rows = len(tensors)
        if rows < 2:
            return tensors
        numbers_N2 = uniform(seeds, 2, stream="MixUp")
        step_N = (numbers_N2[:, 1] * (rows - 1)).to(torch.int64).clamp_(max=rows - 2) + 1
        partner_N = (torch.arange(rows, device=step_N.device) + step_N) % rows
        weight_N = torch.as_tensor(betaincinv(self.alpha, self.alpha, numbers_N2[:, 0].double().cpu().numpy()))
        weight_N = torch.maximum(weight_N, 1 - weight_N).to(tensors)
        return torch.lerp(tensors[partner_N], tensors, weight_N.view(-1, *[1] * (tensors.ndim - 1)))
