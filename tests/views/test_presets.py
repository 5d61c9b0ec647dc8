import pytest
import torch

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.views import (
    ColourJitter,
    Compose,
    FeatureSwap,
    GaussianBlur,
    HorizontalFlip,
    Identity,
    RandomResizedCrop,
    SpanCut,
    WordDrop,
    default_views,
    light_images,
    simclr_images,
)


def kinds(view):
    return [type(member) for member in view.views]


def test_simclr_blurs_large_images_only_and_scales_the_jitter():
    assert GaussianBlur not in kinds(simclr_images(32))
    assert GaussianBlur in kinds(simclr_images((64, 80)))
    assert GaussianBlur not in kinds(simclr_images((63, 80)))
    jitter = next(member for member in simclr_images(32, strength=1.0).views if isinstance(member, ColourJitter))
    assert jitter == ColourJitter(probability=0.8, brightness=0.8, contrast=0.8, saturation=0.8, hue=0.2)
    with pytest.raises(InputError, match=r"hue must be between 0 and 0\.5"):
        simclr_images(32, strength=3.0)


def test_light_views_do_not_mirror_unless_asked():
    """A step from dark (left) to bright (right) keeps its direction."""
    step = torch.zeros(200, 1, 12, 12)
    step[..., 6:] = 1
    seeds = torch.arange(200)
    mirrored = light_images(12, flip=True)(step, seeds)
    kept = light_images(12)(step, seeds)
    assert (kept[:, 0, 6, 1:6].mean(1) <= kept[:, 0, 6, 6:10].mean(1)).all()
    assert (mirrored[:, 0, 6, 1:6].mean(1) > mirrored[:, 0, 6, 6:10].mean(1)).float().mean() > 0.3
    assert HorizontalFlip not in kinds(light_images(12))


def test_light_views_keep_half_of_the_image_and_its_background():
    crop = next(member for member in light_images(12).views if isinstance(member, RandomResizedCrop))
    assert crop.scale == (0.5, 1.0)
    for background in (0.0, 1.0):
        page = torch.full((100, 1, 12, 12), background)
        assert torch.allclose(light_images(12)(page, torch.arange(100)), page, atol=1e-6)
    black_in = light_images(12, fill=0.0)(torch.ones(100, 1, 12, 12), torch.arange(100))
    assert (black_in.amin(dim=(1, 2, 3)) < 0.99).float().mean() > 0.5


@pytest.mark.parametrize(
    ("arguments", "view"),
    [
        ({"kind": Kind.TEXT}, Compose(views=(SpanCut(fraction=0.3), WordDrop(rate=0.2)))),
        ({"kind": Kind.TEXT, "encoder_dropout": True}, Identity()),
        ({"kind": Kind.VECTOR}, FeatureSwap(rate=0.3)),
        ({"kind": Kind.IMAGE, "image_size": 32}, simclr_images(32)),
        ({"kind": Kind.IMAGE, "image_size": (28, 28), "image_channels": 1}, light_images((28, 28))),
        ({"kind": Kind.IMAGE, "image_size": 8}, light_images(8)),
    ],
)
def test_defaults(arguments, view):
    assert default_views(**arguments) == view


def test_default_for_images_needs_a_size():
    with pytest.raises(InputError, match="images need image_size"):
        default_views(Kind.IMAGE)
