import numpy as np
import pytest
import torch
from PIL import Image

from counterpoint.base.errors import InputError
from counterpoint.views import RandomResizedCrop
from counterpoint.views.crop import resize_boxes

SEEDS = torch.arange(20_000)


def pillow(images, boxes, size):
    """Pillow's float32 bilinear resampling of each box, the reference."""
    rows = []
    for image, (top, left, height, width) in zip(images[:, 0].numpy(), boxes.tolist(), strict=True):
        box = (left, top, left + width, top + height)
        resized = Image.fromarray(image).resize(size[::-1], Image.Resampling.BILINEAR, box=box)
        rows.append(np.asarray(resized))
    return torch.from_numpy(np.stack(rows))[:, None]


@pytest.mark.parametrize("size", [(5, 7), (24, 40), (12, 19)], ids=["shrink", "enlarge", "same"])
def test_resampling_is_pillows(size):
    images = torch.rand(4, 1, 12, 19, generator=torch.Generator().manual_seed(0))
    boxes = torch.tensor([[0.0, 0, 12, 19], [1.5, 2.25, 9, 11], [4, 0, 8, 6], [3, 9, 1, 1]])
    assert torch.allclose(resize_boxes(images, boxes, size), pillow(images, boxes, size), atol=2e-3)


def test_the_whole_box_at_the_same_size_is_the_image():
    images = torch.rand(2, 3, 6, 5, generator=torch.Generator().manual_seed(0))
    boxes = torch.tensor([[0.0, 0, 6, 5]]).expand(2, 4)
    assert torch.allclose(resize_boxes(images, boxes, (6, 5)), images, atol=1e-6)


def test_boxes_lie_inside_with_the_asked_areas_and_ratios():
    view = RandomResizedCrop(size=8, scale=(0.2, 0.9), ratio=(0.5, 2.0))
    top, left, height, width = view.boxes(SEEDS, 30, 40).unbind(1)
    assert min(top.min(), left.min()) >= 0
    assert (top + height).max() <= 30 + 1e-4
    assert (left + width).max() <= 40 + 1e-4
    area, ratio = height * width / 1200, width / height
    assert 0.2 - 1e-4 < area.min() < 0.21
    assert 0.85 < area.max() < 0.9 + 1e-4
    assert 0.5 - 1e-4 < ratio.min() < 0.52
    assert 1.9 < ratio.max() < 2 + 1e-4


def test_area_is_uniform_and_ratio_log_uniform_where_every_box_fits():
    view = RandomResizedCrop(size=8, scale=(0.1, 0.5), ratio=(0.5, 2.0))
    top, left, height, width = view.boxes(SEEDS, 32, 32).unbind(1)
    area, log_ratio = height * width / 1024, (width / height).log()
    assert abs(area.mean() - 0.3) < 0.005
    assert abs(area.std() - 0.4 / 12**0.5) < 0.005
    assert abs(log_ratio.mean()) < 0.02
    assert abs(log_ratio.std() - 2 * np.log(2) / 12**0.5) < 0.01
    for place in (top / (32 - height), left / (32 - width)):
        assert abs(place.mean() - 0.5) < 0.01
        assert abs(place.std() - 1 / 12**0.5) < 0.01


def test_when_no_box_fits_the_largest_centred_one_is_taken():
    view = RandomResizedCrop(size=8, scale=(1.0, 1.0), ratio=(0.5, 0.5))
    assert view.boxes(SEEDS[:3], 20, 40).tolist() == [[0, 15, 20, 10]] * 3
    wide = RandomResizedCrop(size=8, scale=(1.0, 1.0), ratio=(4.0, 4.0))
    assert wide.boxes(SEEDS[:3], 20, 40).tolist() == [[5, 0, 10, 40]] * 3


def test_each_image_gets_its_own_box():
    ramp = torch.arange(16.0).expand(50, 1, 16, 16) / 16
    means = RandomResizedCrop(size=4)(ramp, torch.arange(50)).mean(dim=(1, 2, 3))
    assert len(means.unique()) == 50


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"size": 0}, "positive whole number or .height, width., not 0"),
        ({"size": (8, 8, 3)}, "image size"),
        ({"size": 8, "scale": (0.9, 0.1)}, r"scale must be .*not \(0.9, 0.1\)"),
        ({"size": 8, "scale": (0.5, 1.5)}, "scale must be"),
        ({"size": 8, "ratio": (0.0, 1.0)}, "ratio must be"),
    ],
)
def test_meaningless_fields_are_refused(fields, message):
    with pytest.raises(InputError, match=message):
        RandomResizedCrop(**fields)
