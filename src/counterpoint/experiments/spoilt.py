"""Small models that are good, and small models that are broken on purpose: what diagnosis is measured on.

All learn in about a second from 1,200 small pictures, scikit-learn's digits (8 x 8, no download) unless told otherwise,
and are looked at on others they have not seen. Each broken one differs from a good one in the one thing that its name
says.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from counterpoint.evaluation.diagnosis import Subject
from counterpoint.objectives import CLIP, Alignment, NTXent, SupCon

TRAINED = 1200
BATCH = 200
STEPS = 120
WIDTH = 32


@dataclass(frozen=True, eq=False)
class Pictures:
    """What the models learn from.

    Attributes:
        x: Standardised pixels `[N, P]`, upper half first; the first 1,200 rows are for training.
        y: Classes `[N]`, int64, 0 to 9.
    """

    x: Tensor
    y: Tensor


@cache
def digits() -> Pictures:
    """The 1,797 digits, 64 pixels each, in a fixed random order."""
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    return Pictures(torch.from_numpy((x[order] - 4.9) / 6.0).float(), torch.from_numpy(y[order]).long())


def _perceptron(inputs: int, *, bottleneck: int | None = None) -> nn.Module:
    layers: list[nn.Module] = [nn.Linear(inputs, 128), nn.ReLU()]
    if bottleneck is not None:
        layers += [nn.Linear(128, bottleneck), nn.Linear(bottleneck, WIDTH)]
    else:
        layers += [nn.Linear(128, WIDTH)]
    return nn.Sequential(*layers)


def _noisy(x: Tensor) -> Tensor:
    """A view: a tenth of the pixels dropped, and noise."""
    return x * (torch.rand_like(x) > 0.1) + 0.3 * torch.randn_like(x)


def _fit(modules: list[nn.Module], loss_of: Callable[[Tensor], Tensor], steps: int) -> None:
    optimiser = torch.optim.AdamW([p for one in modules for p in one.parameters()], lr=2e-3)
    for _ in range(steps):
        optimiser.zero_grad()
        loss_of(torch.randperm(TRAINED)[:BATCH]).backward()
        optimiser.step()


def _rows(module: nn.Module, x: Tensor) -> np.ndarray:
    with torch.no_grad():
        return module(x).numpy()


def from_views(
    objective: nn.Module | Callable[..., Tensor], data: Pictures, seed: int, *, bottleneck: int | None = None
) -> Subject:
    """A perceptron that learnt from two noisy views of each picture.

    Args:
        objective: Of two sides.
        data: Pictures.
        seed: Of weights, order and noise.
        bottleneck: Directions that the embedding can have at most.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        x, y = data.x, data.y
        model = _perceptron(x.shape[1], bottleneck=bottleneck)
        _fit([model], lambda rows: objective(model(_noisy(x[rows])), model(_noisy(x[rows]))), STEPS)
        held = x[TRAINED:]
        return Subject(
            anchors=_rows(model, held), positives=_rows(model, _noisy(held)), labels=y[TRAINED:].numpy(),
            temperature=getattr(objective, "temperature", None), batch_size=BATCH, seed=seed,
        )  # fmt: skip


def from_labels(data: Pictures, seed: int, *, steps: int = STEPS, leak: bool = False) -> Subject:
    """A perceptron that learnt from labels; with ``leak`` the label stands in the input, as a mark beside it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        x, y = data.x, data.y
        if leak:
            x = torch.cat([x, 5 * nn.functional.one_hot(y, 10).float()], dim=1)
        model, objective = _perceptron(x.shape[1]), SupCon(temperature=0.1)

        def loss_of(rows: Tensor) -> Tensor:
            return objective(model(_noisy(x[rows])), model(_noisy(x[rows])), labels=y[rows])

        _fit([model], loss_of, steps)
        return Subject(
            anchors=_rows(model, x[TRAINED:]), labels=y[TRAINED:].numpy(), labels_are_positives=True,
            temperature=objective.temperature, batch_size=BATCH, seed=seed,
        )  # fmt: skip


def from_halves(data: Pictures, seed: int, *, gap: bool = False) -> Subject:
    """Two towers that learnt which upper half of a picture goes with which lower half.

    With ``gap`` each tower starts in a cone of its own (a constant last layer offset) and learns little at a low
    temperature, which is how Liang and others (2022, arXiv:2203.02053) explain the gap.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        x, y = data.x, data.y
        half = x.shape[1] // 2
        upper, lower = x[:, :half], x[:, half:]
        first, second = _perceptron(half), _perceptron(half)
        if gap:
            for tower in (first, second):
                nn.init.normal_(tower[-1].bias, std=1.0)  # pyright: ignore[reportIndexIssue, reportArgumentType]
        objective = CLIP(temperature=0.03 if gap else 0.1)
        _fit([first, second], lambda r: objective(first(upper[r]), second(lower[r])), STEPS // 8 if gap else STEPS)
        return Subject(
            anchors=_rows(first, upper[TRAINED:]), positives=_rows(second, lower[TRAINED:]),
            labels=y[TRAINED:].numpy(), two_sides=True, temperature=objective.temperature, batch_size=BATCH, seed=seed,
        )  # fmt: skip


def duplicated(data: Pictures, seed: int) -> Subject:
    """A good model on data of which every third row is there again."""
    good = from_views(NTXent(temperature=0.2), data, seed)
    assert good.positives is not None
    assert good.labels is not None
    rows = np.concatenate([np.arange(len(good.anchors)), np.arange(0, len(good.anchors), 3)])
    return Subject(
        anchors=good.anchors[rows], positives=good.positives[rows], labels=good.labels[rows],
        temperature=good.temperature, batch_size=BATCH, seed=seed,
    )  # fmt: skip


@dataclass(frozen=True)
class Spoilt:
    """A way to break a model.

    Attributes:
        fault: What a diagnosis should call it; None for a good model.
        learn: Pictures and a seed to what is diagnosed.
    """

    fault: str | None
    learn: Callable[[Pictures, int], Subject]

    def make(self, seed: int, data: Pictures | None = None) -> Subject:
        """Train one on the digits, or on other pictures."""
        return self.learn(data or digits(), seed)


def _views(temperature: float, **options: int) -> Callable[[Pictures, int], Subject]:
    return partial(from_views, NTXent(temperature=temperature), **options)


MODELS: Mapping[str, Spoilt] = {
    "views": Spoilt(None, _views(0.2)),
    "views, warm": Spoilt(None, _views(0.5)),
    "labels": Spoilt(None, from_labels),
    "labels, long": Spoilt(None, partial(from_labels, steps=4 * STEPS)),
    "halves": Spoilt(None, from_halves),
    "no negatives": Spoilt("collapse", partial(from_views, Alignment())),
    "bottleneck of 2": Spoilt("dimensional collapse", _views(0.2, bottleneck=2)),
    "label in the input": Spoilt("label leak", partial(from_labels, leak=True)),
    "rows repeated": Spoilt("duplicated data", duplicated),
    "temperature 0.002": Spoilt("temperature too low", _views(0.002)),
    "temperature 8": Spoilt("temperature too high", _views(8.0)),
    "cones": Spoilt("modality gap", partial(from_halves, gap=True)),
}
"""Good and broken models by what was done to them."""
