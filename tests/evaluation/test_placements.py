"""Shares in an AUC: their mean is the AUC, and it varies as the AUC does."""

import numpy as np
import pytest

from counterpoint.evaluation import mean_of
from counterpoint.evaluation.detection import auroc_of
from counterpoint.evaluation.placements import auc_shares


def test_by_hand_with_a_tie() -> None:
    """The positives stand above 1 and 1.5 of the two negatives, the negatives below 1.5 and 1 of the two positives."""
    shares = auc_shares(np.array([2.0, 3.0]), np.array([2.0, 2.5]))
    auc = (0.25 + 1.0) / 2
    wanted = [auc + 2 * (0.25 - auc), auc + 2 * (1 - auc), auc + 2 * (0.75 - auc), auc + 2 * (0.5 - auc)]
    assert shares == pytest.approx(wanted)


def scores(positives: int, negatives: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.integers(3, 9, size=positives).astype(float), rng.integers(0, 8, size=negatives).astype(float)


@pytest.mark.parametrize(("positives", "negatives"), [(1, 1), (40, 40), (17, 90)])
def test_the_mean_is_the_auc(positives: int, negatives: int) -> None:
    high, low = scores(positives, negatives)
    hit = np.arange(positives + negatives) < positives
    auc = auroc_of(np.concatenate([high, low]), hit)(np.ones((1, len(hit))))[0]
    assert auc_shares(high, low).mean() == pytest.approx(auc)


def test_resampled_means_vary_with_the_resampled_auc() -> None:
    high, low = scores(150, 250)
    hit = np.arange(400) < 150
    counts = np.random.default_rng(1).multinomial(400, np.full(400, 1 / 400), size=2000).astype(float)
    exact = auroc_of(np.concatenate([high, low]), hit)(counts)
    first_order = mean_of(auc_shares(high, low))(counts)
    assert np.corrcoef(exact, first_order)[0, 1] > 0.99
    assert first_order.std() == pytest.approx(exact.std(), rel=0.05)
