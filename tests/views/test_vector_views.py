import pytest
import torch
from scipy import stats

from counterpoint.base.errors import InputError
from counterpoint.views import FeatureDrop, FeatureSwap, GaussianNoise, MixUp

N, D = 2000, 5
SEEDS = torch.arange(N)
# Every value tells its row and its feature.
MARKED = (torch.arange(N)[:, None] * 10 + torch.arange(D)).float() + 1


def test_noise_has_its_standard_deviation():
    noise = GaussianNoise(std=0.5)(MARKED.double(), SEEDS) - MARKED
    assert noise.dtype == torch.float64
    for column in noise.T:
        assert stats.kstest(column.numpy() / 0.5, "norm").pvalue > 1e-3
    assert abs(torch.corrcoef(noise.T) - torch.eye(D)).max() < 0.08


def test_noise_is_relative_to_the_scale():
    scale = (1.0, 10.0, 0.0, 2.0, 0.5)
    absolute = GaussianNoise(std=0.1)(torch.zeros(N, D), SEEDS)
    relative = GaussianNoise(std=0.1, scale=scale)(torch.zeros(N, D), SEEDS)
    assert torch.allclose(relative, absolute * torch.tensor(scale))


def test_drop_fills_its_share():
    out = FeatureDrop(rate=0.3, fill=-1.0)(MARKED, SEEDS)
    dropped = out == -1
    assert torch.equal(out[~dropped], MARKED[~dropped])
    assert (dropped.float().mean(0) - 0.3).abs().max() < 0.04


def test_swap_takes_exactly_its_share_from_the_same_feature_of_random_rows():
    out = FeatureSwap(rate=0.6)(MARKED, SEEDS)
    assert torch.equal((out - 1) % 10, torch.arange(D).float().expand(N, D)), "a value changed its feature"
    source = (out - 1) // 10
    foreign = source != torch.arange(N)[:, None]
    assert foreign.sum(1).max() == 3
    assert foreign.sum(1).float().mean() > 2.99  # a row may draw itself
    assert (foreign.float().mean(0) - 0.6).abs().max() < 0.05
    assert stats.kstest(source[foreign].numpy() / N, "uniform").pvalue > 1e-3
    assert len(source.unique(dim=1).T) == D, "features share their source rows"


def test_swap_replaces_at_least_one_feature_unless_the_rate_is_zero():
    changed = FeatureSwap(rate=0.01)(MARKED, SEEDS) != MARKED
    assert changed.sum(1).max() == 1
    assert changed.float().sum(1).mean() > 0.99
    assert torch.equal(FeatureSwap(rate=0.0)(MARKED, SEEDS), MARKED)


def test_swap_chooses_features_whatever_the_batch():
    whole = FeatureSwap(rate=0.4)(MARKED, SEEDS) != MARKED
    part = FeatureSwap(rate=0.4)(MARKED[:1000], SEEDS[:1000]) != MARKED[:1000]
    assert (whole[:1000] != part).float().mean() < 0.01  # only where a row drew itself


@pytest.mark.parametrize("alpha", [0.2, 1.0])
def test_mixup_weights_are_folded_beta_and_partners_are_other_rows(alpha):
    vectors = torch.eye(200)
    weights = []
    partners = torch.zeros(200)
    for shift in range(10):
        out = MixUp(alpha=alpha)(vectors, torch.arange(200) + 1000 * shift)
        assert torch.allclose(out.sum(1), torch.ones(200))
        weights.append(out.diagonal())
        partners += (out * (1 - torch.eye(200)) > 0).sum(0)
        assert ((out > 0).sum(1) <= 2).all()
    weight = torch.cat(weights).double().numpy()
    assert weight.min() >= 0.5
    beta = stats.beta(alpha, alpha)
    # Weights very near 1 are rounded onto 1 in float32, so compare below that.
    expected = [beta.cdf(x) - beta.cdf(1 - x) for x in (0.6, 0.8, 0.95, 0.999)]
    for x, share in zip((0.6, 0.8, 0.95, 0.999), expected, strict=True):
        assert abs((weight < x).mean() - share) < 0.04
    assert partners.max() < 30, "partners are not spread"


def test_mixup_never_mixes_a_row_with_itself():
    for shift in range(50):
        out = MixUp(alpha=1.0)(torch.eye(2), torch.arange(2) + 10 * shift)
        assert (out > 0).all()


def test_mixup_mixes_images_and_leaves_a_single_row_alone():
    images = torch.randint(0, 256, (6, 3, 4, 4), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    out = MixUp(alpha=1.0)(images, SEEDS[:6])
    assert out.shape == images.shape
    assert 0 <= out.min() <= out.max() <= 1
    assert not torch.allclose(out, images / 255)
    assert torch.equal(MixUp()(MARKED[:1], SEEDS[:1]), MARKED[:1])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GaussianNoise(std=-1.0), "std must be between 0 and inf, not -1.0"),
        (lambda: GaussianNoise(scale=(1.0, -2.0)), "scale must be"),
        (lambda: FeatureDrop(rate=7), "FeatureDrop: rate"),
        (lambda: FeatureSwap(rate=-0.5), "FeatureSwap: rate"),
        (lambda: MixUp(alpha=0.0), "MixUp: alpha"),
        (lambda: GaussianNoise(scale=(1.0,))(MARKED, SEEDS), "scale has 1 entries, the vectors 5"),
    ],
)
def test_meaningless_fields_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
