import pytest
import torch
from torch import nn

from counterpoint.base.errors import InputError
from counterpoint.encoders import ConvNet, ResNet18, ViTTiny
from counterpoint.encoders.convnet import ResidualBlock

ALL = [ConvNet(width=4), ResNet18(width=8), ViTTiny(dim=12, depth=1)]


def output_of(module: nn.Module, run) -> torch.Tensor:
    """What ``module`` gives while ``run()`` runs."""
    seen = []
    handle = module.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    run()
    handle.remove()
    return seen[0]


def test_collate_gives_pixels_in_zero_to_one(images):
    encoder = ConvNet(width=4).build(images)
    pixels = encoder.collate(images)["image"]
    assert pixels.dtype == torch.float32
    torch.testing.assert_close(pixels, images.double().div(255).float())
    torch.testing.assert_close(encoder.collate(pixels)["image"], pixels)


def test_pixels_are_standardised_by_the_sample(images):
    encoder = ConvNet(width=4).build(images)
    seen = output_of(encoder.standardize, lambda: encoder(encoder.collate(images)))
    torch.testing.assert_close(seen.mean((0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(seen.std((0, 2, 3), correction=0), torch.ones(3), atol=1e-5, rtol=0)
    assert {name for name, _ in encoder.named_buffers()} >= {"standardize.mean", "standardize.spread"}


def test_without_a_sample_pixels_go_from_minus_one_to_one():
    encoder = ConvNet(width=4, channels=1).build()
    black_and_white = torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1).expand(2, 1, 8, 8)
    seen = output_of(encoder.standardize, lambda: encoder(encoder.collate(black_and_white)))
    assert seen[:, 0, 0, 0].tolist() == [-1.0, 1.0]


def test_a_constant_channel_stays_finite():
    images = torch.zeros(4, 1, 8, 8, dtype=torch.uint8)
    assert torch.isfinite(torch.from_numpy(ConvNet(width=4).build(images).encode(images))).all()


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: type(spec).__name__)
@pytest.mark.parametrize("channels", [1, 3])
def test_one_and_three_channels(spec, channels, images):
    part = images[:, :channels]
    encoder = spec.build(part)
    assert encoder.encode(part).shape == (6, encoder.embedding_dim)
    with pytest.raises(InputError, match=rf"takes images of {channels} channels, got \[6, {4 - channels}, 16, 16\]"):
        encoder.encode(images[:, : 4 - channels])


@pytest.mark.parametrize("size", [8, 28, 33, 64])
def test_convnet_takes_any_size(size):
    images = torch.randint(0, 256, (2, 1, size, size), dtype=torch.uint8)
    assert ConvNet(width=4).build(images).encode(images).shape == (2, 16)


@pytest.mark.parametrize(("size", "stride", "resolution"), [(16, None, 16), (17, None, 9), (32, None, 16), (32, 1, 32)])
def test_convnet_keeps_the_resolution_of_small_images(size, stride, resolution):
    images = torch.rand(2, 1, size, size)
    encoder = ConvNet(width=4, stem_stride=stride).build(images)
    seen = output_of(encoder.backbone[0], lambda: encoder(encoder.collate(images)))
    assert seen.shape[2:] == (resolution, resolution)


def test_convnet_dimensions_follow_width_and_stages():
    spec = ConvNet(width=6, blocks=(0, 1, 2, 0), channels=3)
    encoder = spec.build()
    assert encoder.embedding_dim == 48
    assert encoder(encoder.collate(torch.rand(2, 3, 32, 32))).shape == (2, 48)
    blocks = [layer for layer in encoder.backbone if isinstance(layer, ResidualBlock)]
    assert [block.first[0].in_channels for block in blocks] == [12, 24, 24]


def test_residual_block_is_its_formula():
    block = ResidualBlock(3).eval()
    x = torch.randn(2, 3, 5, 5)
    inner = block.first[0](x) / (1 + 1e-5) ** 0.5
    outer = block.second[0](inner.relu()) / (1 + 1e-5) ** 0.5
    torch.testing.assert_close(block(x.clone()), (x + outer).relu())


def test_resnet_stem_for_small_images_keeps_the_resolution(images):
    for small, resolution in ((True, 16), (False, 4)):
        encoder = ResNet18(width=2, small_images=small).build(images)
        seen = output_of(encoder.backbone.model.embedder, lambda e=encoder: e(e.collate(images)))
        assert seen.shape[2:] == (resolution, resolution)


def test_resnet18_has_the_size_of_the_paper():
    """11.18 million for 3 channels without the classifier; the small stem saves (49 - 9) x 3 x 64 weights."""
    count = {
        small: sum(p.numel() for p in ResNet18(channels=3, small_images=small).build().parameters())
        for small in (True, False)
    }
    assert count[False] == 11_176_512
    assert count[True] == 11_176_512 - 40 * 3 * 64


def test_vit_takes_one_size(images):
    encoder = ViTTiny(dim=12, depth=1).build(images)
    with pytest.raises(InputError, match=r"takes images of \(16, 16\) pixels, got \[6, 3, 8, 8\]"):
        encoder.encode(images[:, :, :8, :8])
    assert ViTTiny(image_size=16, channels=3, dim=12, depth=1).build().encode(images).shape == (6, 12)


@pytest.mark.parametrize(
    ("spec", "sample", "message"),
    [
        (ConvNet(), None, "needs a sample of images to count channels"),
        (ConvNet(channels=1), torch.zeros(2, 3, 8, 8), r"channels=1\) was given images of 3 channels"),
        (ConvNet(), torch.zeros(0, 3, 8, 8), "holds no image"),
        (ConvNet(), ["text"], "takes image content, got text"),
        (ConvNet(), torch.zeros(2, 3, 8, 8, dtype=torch.int32), "must be uint8, or float in 0..1; got torch.int32"),
        (ConvNet(), torch.full((2, 3, 8, 8), 255.0), "must have pixels in 0..1; got 255 to 255"),
        (ConvNet(), torch.full((2, 3, 8, 8), float("nan")), "must have pixels in 0..1; got nan"),
        (ViTTiny(channels=3), None, "needs a sample of images to know their size"),
        (ViTTiny(), torch.zeros(2, 3, 8, 12), r"square images of 8 pixels, the sample has \(8, 12\)"),
        (ViTTiny(patch_size=5), torch.zeros(2, 3, 8, 8), "patch_size must divide the image size 8"),
    ],
)
def test_a_sample_that_does_not_fit_is_refused(spec, sample, message):
    with pytest.raises(InputError, match=message):
        spec.build(sample)


@pytest.mark.parametrize("arguments", [{"width": 0}, {"blocks": ()}, {"blocks": (1, -1)}])
def test_a_network_of_nothing_is_refused(arguments):
    with pytest.raises(InputError, match="ConvNet needs a width and stages"):
        ConvNet(**arguments)
