"""The view to start with when nothing is known but the kind of content."""

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.views.crop import Size, height_width
from counterpoint.views.presets import light_images, simclr_images
from counterpoint.views.text import SpanCut, WordDrop
from counterpoint.views.vectors import FeatureSwap
from counterpoint.views.view import Compose, Identity, View

_PHOTOGRAPH_FROM = 24  # pixels: a crop of 8 % of a smaller image holds fewer than 7 x 7 pixels


def default_views(
    kind: Kind, *, image_size: Size | None = None, image_channels: int = 3, encoder_dropout: bool = False
) -> View:
    """A sensible view for each kind of content; pass two views of each example as a positive pair.

    Colour images get :func:`simclr_images`; images of one channel or below 24 pixels :func:`light_images`, because they
    are more likely drawings or digits. Texts get a cut and dropped words, or nothing but the encoder's dropout
    (SimCSE). Vectors get :class:`FeatureSwap` at a lower rate than SCARF's, since here both views are corrupted;
    it needs no knowledge of the units of the features.

    Args:
        kind: What the examples are.
        image_size: Height and width of the views; needed for images.
        image_channels: 1 or 3.
        encoder_dropout: The encoder of texts has dropout, so the same text encoded twice is two views.

    Raises:
        InputError: Images without a size.
    """
    if kind is Kind.TEXT:
        return Identity() if encoder_dropout else Compose(views=(SpanCut(fraction=0.3), WordDrop(rate=0.2)))
    if kind is Kind.VECTOR:
        return FeatureSwap(rate=0.3)
    if image_size is None:
        raise InputError("default_views: images need image_size, the height and width of the views in pixels")
    if image_channels == 1 or min(height_width(image_size)) < _PHOTOGRAPH_FROM:
        return light_images(image_size)
    return simclr_images(image_size)
