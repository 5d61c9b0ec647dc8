import base64
import io

import numpy as np
import pytest
from PIL import Image

from counterpoint.experiments.report.pictures import address, sheet, sides


def decode(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1]))))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tiny_images_are_kept_exactly(channels: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, size=(7, channels, 6, 9), dtype=np.uint8)
    laid_out = sheet(images, budget=100_000)
    assert (laid_out.width, laid_out.height, laid_out.crisp) == (9, 6, True)
    pixels = decode(laid_out.uri).reshape(*decode(laid_out.uri).shape[:2], channels)
    for index, image in enumerate(images):
        row, column = divmod(index, laid_out.columns)
        cut = pixels[row * 6 : (row + 1) * 6, column * 9 : (column + 1) * 9]
        np.testing.assert_array_equal(cut, image.transpose(1, 2, 0))


def test_a_sheet_shrinks_to_its_budget() -> None:
    images = np.random.default_rng(0).integers(0, 256, size=(64, 3, 64, 64), dtype=np.uint8)
    for budget in (400_000, 60_000, 20_000):
        laid_out = sheet(images, budget)
        assert len(laid_out.uri) <= budget
    assert laid_out.width < 64
    assert not laid_out.crisp
    with pytest.raises(ValueError, match="64 thumbnails do not fit into 100 bytes"):
        sheet(images, 100)


def test_large_images_keep_their_proportions() -> None:
    image = np.zeros((3, 200, 400), dtype=np.uint8)
    image[0] = 255
    pixels = decode(address(image, 96))
    assert pixels.shape == (48, 96, 3)
    assert np.abs(pixels.astype(int) - [255, 0, 0]).max() < 8


def test_many_large_pictures_get_smaller_thumbnails() -> None:
    images = list(np.random.default_rng(0).integers(0, 256, size=(4, 3, 256, 256), dtype=np.uint8))
    assert sides(images, 10_000_000) == 160
    small = sides(images, 20_000)
    assert 16 <= small < 160
    assert sum(len(address(image, small)) for image in images) <= 20_000
