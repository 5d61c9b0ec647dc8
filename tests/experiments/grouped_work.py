"""A recipe on batches of groups, its data, and a run of it that several processes may share."""

from pathlib import Path

import numpy as np
import torch

from counterpoint.data import BadRows, Examples, Supervision, infer_roles, table_from
from counterpoint.encoders import MLP
from counterpoint.experiments.recipe import Recipe
from counterpoint.objectives import InfoNCE
from counterpoint.pairs import rules
from counterpoint.pairs.batches import Neighbourhood
from counterpoint.training import Constant, TrainSettings, train
from counterpoint.views import GaussianNoise

N = 24
BANDS = Neighbourhood(positive_from=0, positive_to=2, hard_from=6, hard_to=9, hard=1, easy=1)
RECIPE = Recipe(
    encoder=MLP(hidden=(8,), dim=4, batch_norm=False), objective=InfoNCE(temperature=0.2),
    supervision=Supervision.VIEWS, views=(GaussianNoise(std=0.1), GaussianNoise(std=0.1)), relation=rules.Grouped(),
    training=TrainSettings(steps=4, batch_size=16, batches=BANDS, schedule=Constant()),
)  # fmt: skip


def examples(folder: Path, *, bad: int | None = None) -> Examples:
    x = np.random.default_rng(0).normal(size=(N, 5))
    if not (folder / "neighbours.npy").exists():
        np.save(folder / "neighbours.npy", np.argsort(((x[:, None] - x[None]) ** 2).sum(-1), axis=1)[:, 1:])
    if bad is not None:
        x[bad, 0] = np.nan
    table = table_from({"x": x})
    table.folder = folder
    return Examples(table, infer_roles(table), bad_rows=BadRows(limit=0 if bad is None else 1))


def trained(folder: Path) -> dict[str, torch.Tensor]:
    data = examples(folder)
    method = RECIPE.build(data.batch(np.arange(N)).anchor)
    train(method, data, RECIPE.training, folder / "run")
    return method.state_dict()


def work(rank: int, _: int, *, folder: str) -> dict[str, torch.Tensor]:
    return trained(Path(folder))
