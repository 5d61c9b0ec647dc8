"""What every view obeys, checked over a table of instances."""

import pytest
import torch

from counterpoint.base.content import Kind, kind_of, take
from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.views import (
    ColourJitter,
    Compose,
    CutOut,
    FeatureDrop,
    FeatureSwap,
    GaussianBlur,
    GaussianNoise,
    Greyscale,
    HorizontalFlip,
    Identity,
    MixUp,
    Randomly,
    RandomResizedCrop,
    Rotation,
    SpanCut,
    Translate,
    WordDrop,
    WordRepeat,
    WordSwap,
    light_images,
    simclr_images,
)
from counterpoint.views.easy import EasyAugmentation
from counterpoint.views.reword import Reworded

N = 12
generator = torch.Generator().manual_seed(0)
IMAGES = torch.randint(0, 256, (N, 3, 10, 14), dtype=torch.uint8, generator=generator)
VECTORS = torch.randn(N, 5, generator=generator)
TEXTS = [" ".join(f"w{i}_{j}" for j in range(2 + i)) for i in range(N)]
SEEDS = torch.arange(100, 100 + N)

IMAGE_VIEWS = [
    Identity(),
    RandomResizedCrop(size=(8, 6)),
    HorizontalFlip(),
    Translate(probability=0.7),
    Translate(fraction=0.3, fill=0.0),
    Rotation(),
    Rotation(fill=0.5),
    ColourJitter(),
    Greyscale(probability=0.5),
    GaussianBlur(),
    CutOut(),
    simclr_images(8),
    simclr_images(64, strength=1.0),
    light_images(9, flip=True),
    Randomly(view=CutOut(), probability=0.5),
]
TEXT_VIEWS = [
    Identity(),
    WordDrop(),
    WordRepeat(),
    WordSwap(rate=0.5),
    SpanCut(),
    Compose(views=(WordRepeat(), WordSwap(), SpanCut(fraction=0.3), WordDrop())),
    Randomly(view=WordDrop(rate=0.5)),
    EasyAugmentation(rate=0.3),
    EasyAugmentation(rate=0.3, synonyms=(("w5_0", ("x", "y")), ("w7_1", ("z",)))),
    Reworded(groups=tuple((f"w{i}_0", f"p{i}", f"q{i}") for i in range(N))),
]
VECTOR_VIEWS = [
    Identity(),
    GaussianNoise(),
    GaussianNoise(std=0.5, scale=(1.0, 2.0, 0.0, 4.0, 5.0)),
    FeatureDrop(rate=0.5),
    Compose(views=(FeatureDrop(), GaussianNoise())),
    Randomly(view=GaussianNoise()),
]
MIXING_VIEWS = [FeatureSwap(), MixUp()]
CASES = [
    pytest.param(view, content, id=f"{name}-{view}")
    for name, views, content in (
        ("image", IMAGE_VIEWS, IMAGES),
        ("text", TEXT_VIEWS, TEXTS),
        ("vector", VECTOR_VIEWS, VECTORS),
    )
    for view in views
]
MIXING_CASES = [pytest.param(view, VECTORS, id=f"vector-{view}") for view in MIXING_VIEWS]
MIXING_CASES.append(pytest.param(MixUp(), IMAGES, id="image-MixUp"))
row_by_row = pytest.mark.parametrize(("view", "content"), CASES)
each_case = pytest.mark.parametrize(("view", "content"), CASES + MIXING_CASES)


def same(one, other):
    if isinstance(one, torch.Tensor):
        # Products of matrices may round differently in another batch size.
        return one.shape == other.shape and torch.allclose(one, other, rtol=0, atol=1e-6)
    return one == other


@row_by_row
def test_a_row_does_not_depend_on_its_batch(view, content):
    whole = view(content, SEEDS)
    order = torch.tensor([7, 2, 11, 0, 9, 1, 3, 10, 4, 8, 6, 5])
    assert same(view(take(content, order), SEEDS[order]), take(whole, order))
    for rows in (torch.arange(5), torch.arange(5, N), torch.tensor([3])):
        assert same(view(take(content, rows), SEEDS[rows]), take(whole, rows))


@each_case
def test_the_seed_decides(view, content):
    assert same(view(content, SEEDS), view(content, SEEDS))
    if isinstance(view, Identity):
        return
    assert not same(view(content, SEEDS), view(content, SEEDS + 1000))


@each_case
def test_input_is_not_modified_and_an_empty_batch_passes(view, content):
    before = content.clone() if isinstance(content, torch.Tensor) else list(content)
    view(content, SEEDS)
    assert same(content, before)
    if kind_of(content) is Kind.IMAGE:
        floats = content.float() / 255
        before = floats.clone()
        view(floats, SEEDS)
        assert same(floats, before)
    assert len(view(content[:0], SEEDS[:0])) == 0


@each_case
def test_global_random_state_is_untouched(view, content):
    state = torch.get_rng_state()
    view(content, SEEDS)
    assert torch.equal(state, torch.get_rng_state())


@each_case
def test_spec_round_trips(view, content):
    assert from_json(to_json(view)) == view


@each_case
def test_seeds_are_checked(view, content):
    with pytest.raises(InputError, match="seeds must be int64"):
        view(content, SEEDS[:3])
    with pytest.raises(InputError, match="seeds must be int64"):
        view(content, SEEDS.float())


@pytest.mark.parametrize("view", IMAGE_VIEWS, ids=str)
def test_images_leave_as_float_in_unit_range(view):
    out = view(IMAGES, SEEDS)
    assert out.dtype == torch.float32
    assert kind_of(out) is Kind.IMAGE
    assert out.min() >= 0
    assert out.max() <= 1
    assert out.max() > 0.5, "pixels were scaled twice"
    assert same(out, view(IMAGES.float() / 255, SEEDS))
    assert out.is_contiguous()


@pytest.mark.parametrize("view", [view for view in IMAGE_VIEWS if not isinstance(view, Identity)], ids=str)
def test_one_channel_stays_one_channel(view):
    out = view(IMAGES[:, :1], SEEDS)
    assert out.shape[1] == 1


@pytest.mark.parametrize("view", TEXT_VIEWS, ids=str)
def test_texts_are_never_empty(view):
    texts = ["one", "two words", "", "  ", "tab\tand\nline"]
    seeds = torch.arange(len(texts))
    for shift in range(50):
        out = view(texts, seeds + 10 * shift)
        assert isinstance(out, list)
        assert out[2:4] == texts[2:4]
        assert all(out[i].split() for i in (0, 1, 4))


def test_another_kind_of_content_is_refused():
    with pytest.raises(InputError, match=r"needs images \[N, C, H, W\], not list"):
        HorizontalFlip()(TEXTS, SEEDS)
    with pytest.raises(InputError, match="WordDrop needs a list of texts, not Tensor"):
        WordDrop()(IMAGES, SEEDS)
    with pytest.raises(InputError, match="WordDrop needs a list of texts, not str"):
        WordDrop()("a sentence", SEEDS)
    with pytest.raises(InputError, match=r"needs floating-point vectors \[N, D\], not torch.uint8 \[12, 3, 10, 14\]"):
        GaussianNoise()(IMAGES, SEEDS)
    with pytest.raises(InputError, match="MixUp needs vectors or images, not list"):
        MixUp()(TEXTS, SEEDS)
    with pytest.raises(InputError, match=r"must be uint8 .* not torch.int64"):
        HorizontalFlip()(IMAGES.long(), SEEDS)


def test_floats_that_are_not_in_unit_range_are_refused():
    with pytest.raises(InputError, match=r"must lie in 0\.\.1, not 0\.\.255; pass uint8"):
        HorizontalFlip()(IMAGES.float(), SEEDS)
    with pytest.raises(InputError, match=r"must lie in 0\.\.1"):
        CutOut()(torch.full((12, 3, 4, 4), float("nan")), SEEDS)


def test_members_of_a_composition_draw_independently():
    flips = Compose(views=(HorizontalFlip(), HorizontalFlip()))
    images = IMAGES[:1].expand(2000, -1, -1, -1)
    unchanged = (flips(images, torch.arange(2000)) == images / 255).flatten(1).all(dim=1)
    # Two fair coins agree half of the time; one coin tossed twice with the same seed always would.
    assert 0.45 < unchanged.float().mean() < 0.55


def test_randomly_changes_its_share():
    texts = ["a b c d e f"] * 2000
    out = Randomly(view=SpanCut(), probability=0.25)(texts, torch.arange(2000))
    assert 0.2 < sum(text != texts[0] for text in out) / 2000 < 0.3


def test_randomly_refuses_a_change_of_shape():
    with pytest.raises(InputError, match=r"must keep their shape \[3, 10, 14\]; it made \[3, 5, 5\]"):
        Randomly(view=RandomResizedCrop(size=5))(IMAGES, SEEDS)


def test_compose_takes_views_only():
    with pytest.raises(InputError, match="'flip' is not a view"):
        Compose(views=(HorizontalFlip(), "flip"))
