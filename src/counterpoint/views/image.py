"""What image views share: float pixels in, and a probability per image."""

from abc import abstractmethod
from dataclasses import dataclass

from torch import Tensor

from counterpoint.base.content import Content
from counterpoint.base.errors import InputError
from counterpoint.views.pixels import unit_images
from counterpoint.views.random import bernoulli
from counterpoint.views.view import View, check_range, check_seeds


@dataclass(frozen=True, kw_only=True)
class ImageView(View):
    """A change that keeps the shape of images, applied to each with ``probability``.

    Attributes:
        probability: Share of images that are changed; the others pass.
    """

    probability: float = 1.0

    def __post_init__(self) -> None:
        check_range(f"{type(self).__name__}: probability", self.probability, least=0, most=1)
        self.check()

    def __call__(self, content: Content, seeds: Tensor) -> Tensor:
        """Change the chosen ones of N images; see :class:`View`."""
        images = unit_images(content)
        check_seeds(images, seeds)
        chosen = bernoulli(seeds, self.probability, stream=f"{type(self).__name__}: probability").nonzero()[:, 0]
        if not len(chosen):
            return images
        if len(chosen) == len(images):
            return self.change(images, seeds)
        return images.index_copy(0, chosen, self.change(images[chosen], seeds[chosen]))

    @abstractmethod
    def check(self) -> None:
        """Raise InputError if a field has no meaning."""

    @abstractmethod
    def change(self, images: Tensor, seeds: Tensor) -> Tensor:
        """Changed float32 images in 0..1, same shape `[N, C, H, W]`, without touching the input."""


def check_colours(images: Tensor, view: View) -> bool:
    """Whether the images have colour (three channels, red, green, blue) rather than one channel.

    Raises:
        InputError: Neither one nor three channels.
    """
    channels = images.shape[1]
    if channels not in (1, 3):
        raise InputError(f"{type(view).__name__} needs images of 1 or 3 channels, not {channels}")
    return channels == 3
