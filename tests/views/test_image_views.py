import colorsys
import math

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance
from scipy import ndimage

from counterpoint.base.errors import InputError
from counterpoint.views import (
    ColourJitter,
    CutOut,
    GaussianBlur,
    Greyscale,
    HorizontalFlip,
    Randomly,
    Rotation,
    Translate,
)
from counterpoint.views.geometry import rotate

SEEDS = torch.arange(40)
generator = torch.Generator().manual_seed(1)
IMAGES = torch.randint(0, 256, (40, 3, 9, 11), dtype=torch.uint8, generator=generator)
UNIT = IMAGES / 255


def test_flip_mirrors_its_share():
    out = HorizontalFlip()(IMAGES, SEEDS)
    mirrored = (out == UNIT.flip(-1)).flatten(1).all(1)
    assert torch.equal(out[~mirrored], UNIT[~mirrored])
    assert 8 < mirrored.sum() < 32


def test_translate_is_a_shift_by_whole_pixels():
    out = Translate(fraction=0.2, fill=0.25)(IMAGES, SEEDS)
    shifts = set()
    for image, moved in zip(UNIT.numpy(), out.numpy(), strict=True):
        padded = np.pad(image, ((0, 0), (2, 2), (2, 2)), constant_values=0.25)
        found = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-2, 3)
            if np.array_equal(moved, padded[:, 2 - down : 11 - down, 2 - right : 13 - right])
        ]
        assert len(found) == 1
        shifts.update(found)
    assert len(shifts) > 15
    assert {down for down, _ in shifts} == {right for _, right in shifts} == {-2, -1, 0, 1, 2}


def test_rotation_by_a_right_angle_is_a_transposition():
    square = UNIT[:, :, :, :9]
    quarter = torch.full((40,), math.pi / 2)
    assert torch.allclose(rotate(square, quarter, fill=0.0), square.rot90(1, (2, 3)), atol=1e-5)
    wide = rotate(UNIT, torch.full((40,), math.pi), fill=0.0)
    assert torch.allclose(wide, UNIT.rot90(2, (2, 3)), atol=1e-5)


def test_rotation_agrees_with_scipy_on_an_image_that_is_not_square():
    turned = rotate(UNIT[:1], torch.tensor([0.3]), fill=0.0)[0, 0]
    expected = ndimage.rotate(UNIT[0, 0].numpy(), math.degrees(0.3), reshape=False, order=1, mode="grid-constant")
    assert np.abs(turned.numpy() - expected).max() < 1e-4


def test_rotation_fills_the_corners_and_stays_within_its_degrees():
    white = torch.ones(200, 1, 31, 31)
    out = Rotation(degrees=45, fill=0.5)(white, torch.arange(200))
    assert out[:, 0, 0, 0].min() == 0.5
    line = torch.zeros(200, 1, 31, 31)
    line[:, :, 15, 29] = 1
    height = Rotation(degrees=20)(line, torch.arange(200)).sum(dim=(1, 3)).argmax(dim=1) - 15
    assert height.max() == round(14 * math.sin(math.radians(20)))
    assert height.min() == -height.max()


@pytest.mark.parametrize("view", [Translate(fraction=0.4, fill=None), Rotation(degrees=40, fill=None)], ids=str)
def test_without_a_fill_the_background_comes_in(view):
    """A mark on coloured paper, one of whose edges it touches: the corners that come in are paper."""
    paper = torch.tensor([0.9, 0.2, 0.6]).view(1, 3, 1, 1).expand(50, 3, 15, 15).clone()
    paper[:, :, :6, 5:9] = 0.0
    out = view(paper, torch.arange(50))
    assert (out != paper).flatten(1).any(1).float().mean() > 0.9
    assert torch.allclose(out[:, :, 14, 0], paper[:, :, 14, 0], atol=1e-6)
    assert torch.allclose(out[:, :, 14, 14], paper[:, :, 14, 14], atol=1e-6)
    assert out.amin() >= 0


def jitter_of(field, value):
    return ColourJitter(probability=1, **{"brightness": 0, "contrast": 0, "saturation": 0, "hue": 0, field: value})


@pytest.mark.parametrize(
    ("field", "column", "enhance"),
    [
        ("brightness", 0, ImageEnhance.Brightness),
        ("contrast", 1, ImageEnhance.Contrast),
        ("saturation", 2, ImageEnhance.Color),
    ],
)
def test_jitter_agrees_with_pillow(field, column, enhance):
    view = jitter_of(field, 0.8)
    out, factors = view(IMAGES, SEEDS), view.factors(SEEDS)[:, column]
    assert factors.min() >= 0.2
    assert factors.max() <= 1.8
    assert factors.max() - factors.min() > 1.2
    for image, changed, factor in zip(IMAGES, out, factors.tolist(), strict=True):
        picture = Image.fromarray(image.permute(1, 2, 0).numpy())
        expected = torch.from_numpy(np.asarray(enhance(picture).enhance(factor)).copy()).permute(2, 0, 1) / 255
        assert (changed - expected).abs().max() < 2.5 / 255  # Pillow rounds the grey and the result to whole values


def test_hue_agrees_with_colorsys():
    view = jitter_of("hue", 0.3)
    out, turns = view(IMAGES, SEEDS), view.factors(SEEDS)[:, 3]
    assert -0.3 <= turns.min() < -0.25
    assert 0.25 < turns.max() <= 0.3
    for i in range(10):
        hue, saturation, value = colorsys.rgb_to_hsv(*UNIT[i, :, 2, 3].tolist())
        expected = colorsys.hsv_to_rgb((hue + turns[i].item()) % 1, saturation, value)
        assert out[i, :, 2, 3].tolist() == pytest.approx(expected, abs=1e-4)


def test_jitter_draws_an_order_for_each_image():
    """Grey is a fixed point of saturation and hue, so brightness and contrast alone show their order."""
    image = torch.tensor([0.2, 0.9]).view(1, 1, 1, 2).expand(400, 1, 1, 2)
    view = ColourJitter(probability=1, brightness=0.4, contrast=0.9, saturation=0, hue=0)
    seeds = torch.arange(400)
    bright, contrast = view.factors(seeds)[:, 0, None], view.factors(seeds)[:, 1, None]

    def blend(pixels):
        return (contrast * pixels + (1 - contrast) * pixels.mean(1, keepdim=True)).clamp(0, 1)

    pixels = image[:, 0, 0]
    one, other = blend((pixels * bright).clamp(0, 1)), (blend(pixels) * bright).clamp(0, 1)
    out = view(image, seeds)[:, 0, 0]
    is_one = (out - one).abs().amax(1) < 1e-5
    is_other = (out - other).abs().amax(1) < 1e-5
    assert (is_one | is_other).all()
    assert (is_one & ~is_other).sum() > 20
    assert (is_other & ~is_one).sum() > 20


def test_strength_zero_changes_nothing_and_one_channel_has_no_hue():
    still = ColourJitter(probability=1, brightness=0, contrast=0, saturation=0, hue=0)
    assert torch.allclose(still(IMAGES, SEEDS), UNIT, atol=1e-5)
    one = IMAGES[:, :1]
    only_colour = ColourJitter(probability=1, brightness=0, contrast=0, saturation=0.9, hue=0.5)
    assert torch.allclose(only_colour(one, SEEDS), UNIT[:, :1], atol=1e-6)


def test_colour_views_need_one_or_three_channels():
    with pytest.raises(InputError, match="ColourJitter needs images of 1 or 3 channels, not 4"):
        ColourJitter(probability=1)(torch.rand(2, 4, 5, 5), SEEDS[:2])


def test_greyscale_is_luma_in_all_channels():
    out = Greyscale(probability=1)(IMAGES, SEEDS)
    luma = (UNIT * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1)
    for channel in range(3):
        assert torch.allclose(out[:, channel], luma, atol=1e-6)


def test_blur_is_a_gaussian_of_the_drawn_width():
    """The response to a point, per image, has the standard deviation of its own sigma."""
    point = torch.zeros(30, 1, 41, 41)
    point[:, :, 20, 20] = 1
    view = GaussianBlur(probability=1, sigma=(0.8, 2.0), kernel_fraction=1.0)
    out = view(point, torch.arange(30))[:, 0]
    squares = (torch.arange(41.0) - 20) ** 2
    for profile in (out.sum(1), out.sum(2)):
        assert torch.allclose(profile.sum(1), torch.ones(30), atol=1e-4)
        sigma = (profile @ squares).sqrt()
        assert 0.8 < sigma.min() < 1.0
        assert 1.8 < sigma.max() < 2.0
        assert len(sigma.unique()) == 30


def test_cutout_paints_a_square_around_a_uniform_centre():
    white = torch.ones(3000, 3, 16, 12)
    out = CutOut(fraction=0.5, fill=0.25)(white, torch.arange(3000))
    hole = out[:, 0] == 0.25
    assert torch.equal(out[:, 2] == 0.25, hole)
    assert (out[:, 0][~hole] == 1).all()
    heights, widths = hole.any(2).sum(1), hole.any(1).sum(1)
    assert torch.equal(hole.sum(dim=(1, 2)), heights * widths)
    assert heights.max() == widths.max() == 6
    assert heights.min() == widths.min() == 3
    # A pixel in the middle is covered by 6 of 16 and 6 of 12 centres.
    assert abs(hole[:, 8, 6].float().mean() - 6 / 16 * 6 / 12) < 0.03
    assert abs(hole[:, 0, 0].float().mean() - 4 / 16 * 4 / 12) < 0.03


def test_probability_is_per_image():
    seeds = torch.arange(2000)
    white = torch.ones(2000, 1, 6, 6)
    cut = (CutOut(probability=0.3)(white, seeds) != 1).flatten(1).any(1)
    assert 0.26 < cut.float().mean() < 0.34
    assert torch.equal(CutOut(probability=0)(white, seeds), white)
    also = (Randomly(view=CutOut(), probability=0.3)(white, seeds) != 1).flatten(1).any(1)
    assert 0.26 < also.float().mean() < 0.34


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: HorizontalFlip(probability=1.5), "HorizontalFlip: probability must be between 0 and 1, not 1.5"),
        (lambda: Rotation(degrees=-3), "degrees must be between 0 and 180, not -3"),
        (lambda: Translate(fill=2.0), "Translate: fill must be"),
        (lambda: GaussianBlur(sigma=(0.0, 1.0)), "sigma must be"),
        (lambda: ColourJitter(hue=0.6), "hue must be between 0 and 0.5"),
        (lambda: CutOut(fill=None), "fill must be a number"),
        (lambda: Randomly(view=CutOut(), probability=-1), "Randomly: probability"),
    ],
)
def test_meaningless_fields_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
