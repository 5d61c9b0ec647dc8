import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.views import HorizontalFlip, Identity, RandomResizedCrop, WordDrop, contact_sheet, fork

IMAGES = torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
SEEDS = torch.arange(3)


def cell(sheet, row, column, side=96):
    left = 4 + column * (side + 4) + (8 if column else 0)
    top = 4 + row * (side + 4)
    return np.asarray(sheet)[top : top + side, left : left + side]


def test_originals_first_then_views_with_their_own_seeds():
    view = HorizontalFlip()
    sheet = contact_sheet(IMAGES, view, 4, SEEDS)
    assert sheet.mode == "RGB"
    for row in range(3):
        original = IMAGES[row].permute(1, 2, 0).repeat_interleave(3, 0).repeat_interleave(3, 1).numpy()
        assert np.array_equal(cell(sheet, row, 0), original)
        for column in range(4):
            flipped = not torch.equal(view(IMAGES, fork(SEEDS, column))[row], IMAGES[row] / 255)
            assert np.array_equal(cell(sheet, row, column + 1), original[:, ::-1] if flipped else original)


def test_grey_images_and_originals_of_another_size():
    sheet = contact_sheet(IMAGES[:, :1], RandomResizedCrop(size=16), 2, SEEDS)
    assert sheet.size == (3 * 100 + 12, 3 * 100 + 4)
    pixels = np.asarray(sheet)
    assert (pixels[:, :, 0] == pixels[:, :, 2]).all()


def test_what_cannot_be_shown_is_refused():
    with pytest.raises(InputError, match="n_views must be between 1"):
        contact_sheet(IMAGES, Identity(), 0, SEEDS)
    with pytest.raises(InputError, match=r"1 or 3 channels, not \[3, 2, 32, 32\]"):
        contact_sheet(IMAGES[:, :2], Identity(), 2, SEEDS)
    with pytest.raises(InputError, match=r"1 or 3 channels, not \[0, 3, 32, 32\]"):
        contact_sheet(IMAGES[:0], Identity(), 2, SEEDS[:0])
    with pytest.raises(InputError, match="list of texts"):
        contact_sheet(IMAGES, WordDrop(), 2, SEEDS)
