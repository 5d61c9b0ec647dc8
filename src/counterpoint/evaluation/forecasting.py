"""Forecasting from frozen representations: a ridge regression from a window's representation to what follows it."""

from typing import NamedTuple

import numpy as np
from sklearn.linear_model import Ridge

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, measure

PENALTIES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)


class Frozen(NamedTuple):
    """Windows in the order of time: what represents them `[N, D]`, and the values that followed `[N, H]`."""

    past: np.ndarray
    future: np.ndarray


def windows(series: np.ndarray, length: int, horizon: int) -> Frozen:
    """Every window of a series and what followed it, flattened: `[N, length * C]` and `[N, horizon * C]`.

    Args:
        series: `[T, C]`.
        length: Steps in a window.
        horizon: Steps after it.

    Raises:
        InputError: Not two axes, or fewer than ``length + horizon + 1`` steps (two windows).
    """
    checks.at_least("length", length, 1)
    checks.at_least("horizon", horizon, 1)
    series = checks.dense("series", series)
    n = len(series) - length - horizon + 1
    if n < 2:
        raise InputError(f"series has {len(series)} steps; two windows need {length + horizon + 1} or more")
    view = np.lib.stride_tricks.sliding_window_view(series, length + horizon, axis=0).transpose(0, 2, 1)
    return Frozen(view[:, :length].reshape(n, -1), view[:, length:].reshape(n, -1))


def forecasting(
    train: Frozen, validation: Frozen, test: Frozen, *, horizon: int, bootstrap: Bootstrap = DEFAULT
) -> list[Measure]:
    """Mean squared and mean absolute error of a ridge forecast; the penalty is the best on the validation windows.

    Yue et al., "TS2Vec: Towards Universal Representation of Time Series" (2022), arXiv:2106.10466, Section 4.2: the
    penalty of least ``sqrt(MSE) + MAE``. Errors are in the units of ``future``, so standardise a series by its training
    part first, as published figures are. Windows overlap: the interval draws blocks of ``length of a horizon``
    consecutive windows.

    Args:
        train: Windows to learn from.
        validation: Windows that the penalty is chosen on.
        test: Windows that are judged.
        horizon: Steps of the forecast, which is how far errors of neighbouring windows hang together.
        bootstrap: Resamples, level and seed; blocks of windows are drawn.

    Raises:
        InputError: Widths differ, or the test windows fill fewer than two blocks.
    """
    parts = [_checked(name, one) for name, one in (("train", train), ("validation", validation), ("test", test))]
    for name, one in (("validation", parts[1]), ("test", parts[2])):
        checks.same_width("train.past", parts[0].past, f"{name}.past", one.past)
        checks.same_width("train.future", parts[0].future, f"{name}.future", one.future)
    checks.at_least("horizon", horizon, 1)
    checks.at_least("the number of test windows over the horizon", len(parts[2].past) / horizon, 2)
    error = parts[2].future - fit_forecast(parts[0], parts[1]).predict(parts[2].past)
    starts = np.arange(0, len(error), horizon)
    size = np.diff(starts, append=len(error))
    found = {"forecast_mse": np.square(error).mean(axis=1), "forecast_mae": np.abs(error).mean(axis=1)}
    return [
        _block_mean(name, np.add.reduceat(values, starts), size, bootstrap=bootstrap) for name, values in found.items()
    ]


def fit_forecast(train: Frozen, validation: Frozen) -> Ridge:
    """The ridge regression of the penalty that does best on the validation windows."""
    fits = [Ridge(alpha=penalty).fit(train.past, train.future) for penalty in PENALTIES]
    errors = [fit.predict(validation.past) - validation.future for fit in fits]
    return fits[int(np.argmin([np.sqrt(np.square(one).mean()) + np.abs(one).mean() for one in errors]))]


def _block_mean(name: str, total: np.ndarray, size: np.ndarray, *, bootstrap: Bootstrap) -> Measure:
    ones = np.ones(len(size), dtype=np.int64)
    return measure(name, lambda c: (c @ total) / (c @ size), ones, bootstrap=bootstrap, greater_is_better=False)


def _checked(name: str, part: Frozen) -> Frozen:
    past = checks.dense(f"{name}.past", part.past)
    future = checks.dense(f"{name}.future", part.future)
    if len(past) != len(future):
        raise InputError(f"{name} has {len(past)} windows and {len(future)} futures; one for each is needed")
    return Frozen(past, future)
