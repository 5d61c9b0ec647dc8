"""Sets of views that are known to work together."""

from counterpoint.views.colour import ColourJitter, Greyscale
from counterpoint.views.crop import RandomResizedCrop, Size, height_width
from counterpoint.views.geometry import HorizontalFlip, Translate
from counterpoint.views.spoil import GaussianBlur
from counterpoint.views.view import Compose, View

_BLUR_FROM = 64  # pixels; SimCLR blurs ImageNet but not CIFAR-10, whose images have no detail to lose


def simclr_images(size: Size, *, strength: float = 0.5) -> Compose:
    """The views of SimCLR: crop, flip, colour distortion, and blur unless the images are small.

    Chen et al. 2020, arXiv:2002.05709, Appendix A; strength 0.5 and no blur are the settings of Appendix B.9
    for CIFAR-10, strength 1 with blur those for ImageNet.

    Args:
        size: Height and width of the views.
        strength: Strength s of the colour distortion: brightness, contrast, saturation 0.8 s, hue 0.2 s (at most 2.5).
    """
    jitter = ColourJitter(
        brightness=0.8 * strength, contrast=0.8 * strength, saturation=0.8 * strength, hue=0.2 * strength
    )
    views: tuple[View, ...] = (RandomResizedCrop(size=size), HorizontalFlip(), jitter, Greyscale())
    if min(height_width(size)) >= _BLUR_FROM:
        views = (*views, GaussianBlur())
    return Compose(views=views)


def light_images(size: Size, *, flip: bool = False, fill: float | None = None) -> Compose:
    """Small changes of place and size, for drawings and digits, where SimCLR's crops destroy the meaning.

    Args:
        size: Height and width of the views.
        flip: Mirror half of the views; wrong for digits and letters.
        fill: Value of what a shift brings in from outside; None takes the image's own background.
    """
    views: tuple[View, ...] = (Translate(fraction=0.1, fill=fill), RandomResizedCrop(size=size, scale=(0.5, 1.0)))
    return Compose(views=(*views, HorizontalFlip()) if flip else views)
