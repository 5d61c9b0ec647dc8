import numpy as np
import pytest
from sklearn.linear_model import Ridge

from counterpoint.base.errors import InputError
from counterpoint.evaluation.forecasting import PENALTIES, Frozen, fit_forecast, forecasting, windows


def _parts(noise=0.1):
    rng = np.random.default_rng(0)
    t = np.arange(400)
    series = np.stack([np.sin(t / 5), np.cos(t / 7)], axis=1) + noise * rng.normal(size=(400, 2))
    return [windows(part, 12, 4) for part in (series[:200], series[200:300], series[300:])]


def test_windows_are_followed_by_what_comes_next():
    series = np.arange(20.0).reshape(10, 2)
    found = windows(series, 3, 2)
    assert found.past.shape == (6, 6)
    assert found.past[1].tolist() == [2, 3, 4, 5, 6, 7]
    assert found.future[1].tolist() == [8, 9, 10, 11]


def test_errors_equal_those_of_ridge_with_the_best_penalty():
    train, validation, test = _parts()
    fits = [Ridge(alpha=a).fit(train.past, train.future) for a in PENALTIES]
    gaps = [fit.predict(validation.past) - validation.future for fit in fits]
    best = fits[min(range(len(fits)), key=lambda i: np.sqrt((gaps[i] ** 2).mean()) + np.abs(gaps[i]).mean())]
    assert fit_forecast(train, validation).alpha == best.alpha
    gap = best.predict(test.past) - test.future
    mse, mae = forecasting(train, validation, test, horizon=4)
    assert mse.value == pytest.approx((gap**2).mean())
    assert mae.value == pytest.approx(np.abs(gap).mean())
    assert not mse.greater_is_better
    assert mse.n == -(-len(test.past) // 4)


def test_blocks_make_the_interval_wider_than_single_windows_would():
    train, validation, test = _parts(noise=0.6)
    wide, narrow = (forecasting(train, validation, test, horizon=h)[0] for h in (16, 1))
    assert wide.value == pytest.approx(narrow.value)
    assert wide.high - wide.low > narrow.high - narrow.low


def test_bad_windows_are_refused():
    train, validation, test = _parts()
    with pytest.raises(InputError, match="two windows need 17"):
        windows(np.zeros((16, 1)), 12, 4)
    with pytest.raises(InputError, match="horizon must be at least 2"):
        forecasting(train, validation, Frozen(test.past[:6], test.future[:6]), horizon=4)
    with pytest.raises(InputError, match="columns"):
        forecasting(train, validation, Frozen(test.past[:, 1:], test.future), horizon=4)
