import pytest
import torch
from torch.nn.functional import cross_entropy, normalize

from counterpoint.base.errors import InputError
from counterpoint.methods.quantised_contrast import QuantisedContrast
from counterpoint.methods.sequence_contrast import DataAugmentation, MetaAugmentation, too_similar


def pair(n=4, d=3):
    torch.manual_seed(0)
    return torch.randn(n, d, dtype=torch.float64), torch.randn(n, d, dtype=torch.float64)


def nt_xent(first, second, temperature=1.0):
    rows = torch.cat([first, second])
    scores = (rows @ rows.T / temperature).masked_fill(torch.eye(len(rows), dtype=torch.bool), -torch.inf)
    return cross_entropy(scores, torch.arange(len(rows)).roll(len(first)))


def test_views_of_data_are_contrasted_by_dot_products():
    first, second = pair()
    found = DataAugmentation(weight=0.3, temperature=0.5).loss(first, second, None)
    torch.testing.assert_close(found, 0.3 * nt_xent(first, second, 0.5))


def test_the_border_is_the_hardest_negative_row_by_row():
    first, second = pair()
    rows, n, total = torch.cat([first, second]), len(first), torch.zeros((), dtype=torch.float64)
    for i in range(2 * n):
        partner = (i + n) % (2 * n)
        positive = rows[i] @ rows[partner]
        others = torch.stack([rows[i] @ rows[j] for j in range(2 * n) if j not in (i, partner)])
        low, high = min(positive, others.max()), max(positive, others.max())
        total = total + (positive - low) / (2 * n) + (high - others).mean() / (2 * n)
    torch.testing.assert_close(too_similar(first, second), total)


def test_the_encoder_and_the_augmenters_learn_from_their_own_losses():
    first, second = (one.requires_grad_() for one in pair())
    contrast = MetaAugmentation(weight=0.2, meta_weight=0.3, regular=0.5)
    augmenters = contrast.augmenters(3).double()
    made = augmenters(first, second)
    for one in made:
        torch.testing.assert_close(one.norm(dim=1), torch.ones(len(one), dtype=torch.float64))
    pairs = ((first, made[1]), (second, made[0]), made)
    meta = sum(nt_xent(*one) + 0.5 * too_similar(*one) for one in pairs)
    torch.testing.assert_close(contrast.meta(first, second, augmenters), meta)
    whole = contrast.loss(first, second, augmenters)
    torch.testing.assert_close(whole, 0.2 * nt_xent(first, second) + 0.3 * meta)
    whole.backward()
    assert all(one.grad.abs().sum() > 0 for one in (first, second, *augmenters.parameters()))


def test_shares_mix_instances_and_codes():
    first, second = pair()
    torch.manual_seed(1)
    both = QuantisedContrast(5, 3, temperature=0.4).double()
    share = torch.tensor([0.0, 0.2, 1.0, 0.7], dtype=torch.float64)

    def losses(candidates):
        scores = normalize(first, dim=1) @ normalize(candidates, dim=1).T / 0.4
        return cross_entropy(scores, torch.arange(4), reduction="none")

    codes = normalize(both.codebook, dim=1)
    quantised = (normalize(second, dim=1) @ codes.T / 0.1).softmax(1) @ codes
    expected = (share * losses(second) + (1 - share) * losses(quantised)).mean()
    found = both(first, second, share)
    torch.testing.assert_close(found, expected)
    found.backward()
    assert both.codebook.grad.abs().sum() > 0
    torch.testing.assert_close(both(first, second, torch.ones(4, dtype=torch.float64)), losses(second).mean())


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: DataAugmentation(weight=-1), "weight must be a finite number"),
        (lambda: DataAugmentation(temperature=0), "temperature must be a positive number"),
        (lambda: QuantisedContrast(1, 3), "codes must be at least 2"),
        (lambda: QuantisedContrast(2, 3)(*pair(), torch.full((4,), 1.5)), "share must lie between 0 and 1"),
    ],
)
def test_settings_out_of_range_are_refused(make, told):
    with pytest.raises(InputError, match=told):
        make()
