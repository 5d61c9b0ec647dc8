"""Time series: whole series with a class, and a table of measurements that goes on."""

from collections.abc import Mapping

import numpy as np
import torch

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.data import Table
from counterpoint.evaluation import Frozen, Measure, forecasting, series_classification, windows
from counterpoint.experiments.judge import System
from counterpoint.experiments.protocols.task import Layout, LeftOut, Task

TIMES = ("date", "time", "timestamp", "datetime")
HORIZONS = (24, 96)
SHARES = (0.6, 0.8)
"""Ends of what is learnt from and of what the penalty is chosen on, as shares of the rows."""

PARTS = ("train_x", "train_y", "test_x", "test_y")


def is_series(arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether there are series to learn from and to judge, with their classes."""
    return set(PARTS) <= arrays.keys()


def series_layout(arrays: Mapping[str, np.ndarray], name: str) -> Layout:
    """Classification of series `[N, C, T]`, each read as one vector of C * T numbers.

    Raises:
        InputError: Series of different shapes.
    """
    train, test = (arrays[part].reshape(len(arrays[part]), -1).astype(np.float32) for part in ("train_x", "test_x"))
    if train.shape[1] != test.shape[1]:
        raise InputError(f"{name}: train_x has {train.shape[1]} numbers a series and test_x {test.shape[1]}")
    first, second = torch.from_numpy(train), torch.from_numpy(test)

    def measure(system: System) -> list[Measure]:
        sides = [np.asarray(system.encode(one)) for one in (first, second)]
        return series_classification(sides[0], arrays["train_y"], sides[1], arrays["test_y"])

    described = (
        f"{name}: {len(train):,} series to learn from and {len(test):,} to judge, {train.shape[1]:,} numbers each."
    )
    return Layout(described, Kind.VECTOR, first, (Task("series", measure),))


def is_measurements(table: Table) -> bool:
    """Whether a table has a column of times, and numbers in all others."""
    times = [name for name in table.columns if name.lower() in TIMES]
    rest = table.head(1, [name for name in table.columns if name not in times])
    return len(times) == 1 and bool(rest) and all(isinstance(one[0], (int, float)) for one in rest.values())


def forecast_layout(table: Table, width: int) -> Layout:
    """Forecasts of all columns, 24 and 96 rows ahead, by ridge regression from the representation of a window.

    Columns are standardised by the first 60 % of the rows, which are learnt from; the next 20 % choose the penalty and
    the last 20 % judge.

    Args:
        table: One row per time, in order.
        width: Numbers that the model takes, which is rows of a window times columns.

    Raises:
        InputError: The width is no multiple of the columns, or a value is missing.
    """
    columns = [name for name in table.columns if name.lower() not in TIMES]
    held = table.take(np.arange(len(table)), columns)
    values = np.stack([np.array(held[name], dtype=np.float64) for name in columns], axis=1)
    if not np.isfinite(values).all():
        raise InputError(
            f"{table.description}: a value is missing, first in row {int(np.argmin(np.isfinite(values).all(1)))}"
        )
    if width % len(columns):
        raise InputError(
            f"the model takes {width} numbers, and {table.description} has {len(columns)} columns: a window needs a "
            "multiple of them"
        )
    length = width // len(columns)
    cut = [round(share * len(values)) for share in SHARES]
    spread = values[: cut[0]].std(axis=0)
    series = ((values - values[: cut[0]].mean(axis=0)) / np.where(spread > 0, spread, 1)).astype(np.float32)
    parts = np.split(series, cut)
    first = torch.tensor(windows(parts[0], length, 1).past)
    tasks: list[Task | LeftOut] = []
    for horizon in HORIZONS:
        if min(map(len, parts)) < length + 3 * horizon:
            tasks.append(LeftOut("forecasting", f"{len(values)} rows are too few for a forecast of {horizon}"))
        else:
            tasks.append(Task("forecasting", lambda system, h=horizon: _forecast(system, parts, length, h)))
    described = f"{table.description}: {len(values):,} rows of {len(columns)} measurements; windows of {length} rows."
    return Layout(described, Kind.VECTOR, first, tuple(tasks))


def _forecast(system: System, parts: list[np.ndarray], length: int, horizon: int) -> list[Measure]:
    cut = [windows(part, length, horizon) for part in parts]
    frozen = [Frozen(np.asarray(system.encode(torch.tensor(one.past))), one.future) for one in cut]
    return forecasting(*frozen, horizon=horizon, suffix=f"/{horizon}")
