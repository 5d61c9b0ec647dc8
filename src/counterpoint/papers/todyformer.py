"""Todyformer: attention across patches of time keeps what messages of the last patch no longer know."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from counterpoint.encoders.dynamic_graph import Across, PatchTransformer, time_patches
from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.evaluation.detection import detection
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import descend

paper = Paper(
    short="Todyformer",
    title="Todyformer: Towards Holistic Dynamic Graph Transformers with Structure-Aware Tokenization",
    authors="Biparva, Karimi, Faez and Zhang",
    year=2024,
    identifier="arXiv:2402.05944",
    wing=Wing.GRAPH,
    implements="patches of events in time, a message-passing step in each and attention over a node's patches in "
    "turn, trained on future links, against the local steps alone and against one graph of all events",
    deviates="Made events: whom a person meets at the end is decided by a club at the beginning, with visits to "
    "shops in between. Mean messages, learnt positions of patches, two blocks of 32. The paper's event streams are "
    "not at hand.",
)
claim = Claim(
    statement="Links that depend on events long ago are found with attention across patches, not by messages alone.",
    checks=(
        Better(measure="aupr", statement="A higher average precision than local steps alone."),
        Better(measure="aupr", than="one graph", statement="Higher than message passing over all events at once."),
    ),
    minutes=2,
    seeds=10,
)
_SIZES = {Setting.TINY: (2, 1), Setting.SMALL: (20, 200), Setting.FULL: (200, 3000)}
PEOPLE, CLUBS, SHOPS, PATCHES, VISITS, WIDTH = 20, 4, 8, 6, 3, 16


@dataclass(frozen=True, eq=False)
class Towns:
    """Made towns as one graph: features `[N, 16]`, events with times, and pairs of people with who meets whom."""

    features: Tensor
    events: np.ndarray
    times: np.ndarray
    pairs: Tensor
    met: Tensor


def trial(setting: Setting, seed: int) -> Figures:
    """Three encoders, judged on towns that they did not learn from."""
    count, steps = _SIZES[setting]
    learnt, held = made_towns(count, seed=2 * seed), made_towns(count, seed=2 * seed + 1)
    sides = {"method": (Across.ATTENTION, PATCHES), "baseline": (Across.LAST, PATCHES), "one graph": (Across.LAST, 1)}
    figures = {}
    for side, (across, patches) in sides.items():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = nn.ModuleList([PatchTransformer(WIDTH, patches=patches, across=across), nn.Linear(32, 32)])
        views = [time_patches(town.events, town.times, len(town.features), patches=patches) for town in (learnt, held)]

        def step(_: int, model: nn.ModuleList = model, views: list[list[Tensor]] = views) -> Tensor:
            return binary_cross_entropy_with_logits(_logits(model, learnt, views[0]), learnt.met)

        descend(model, step, steps=steps, learning_rate=3e-3)
        with torch.no_grad():
            scores, met = _logits(model, held, views[1]).numpy(), held.met.bool().numpy()
        found = detection(scores[met], scores[~met], bootstrap=Bootstrap(resamples=10))
        figures[side] = {one.name: one.value for one in found}
    return figures


def made_towns(count: int, *, seed: int) -> Towns:
    """Each has people who first visit one of its clubs, then shops again and again; those of a club meet at the end."""
    rng, size = np.random.default_rng(seed), PEOPLE + CLUBS + SHOPS
    first = size * np.arange(count)[:, None]
    people = first + np.arange(PEOPLE)
    club = rng.integers(CLUBS, size=(count, PEOPLE))
    visits = [np.stack([people, first + PEOPLE + club], axis=-1)]
    for _ in range((PATCHES - 1) * VISITS):
        shop = PEOPLE + CLUBS + rng.integers(SHOPS, size=(count, PEOPLE))
        visits.append(np.stack([people, first + shop], axis=-1))
    # The first visit takes as much time as VISITS others, so that patches of equal size part them.
    events = np.concatenate([one.reshape(-1, 2) for one in [*[visits[0]] * VISITS, *visits[1:]]])
    features = rng.normal(size=(count * size, WIDTH))
    features[people.ravel()] = 0
    one, other = (rng.integers(PEOPLE, size=(count, 60)) for _ in range(2))
    rows = np.arange(count)[:, None]
    met = (club[rows, one] == club[rows, other]).ravel()
    pairs = np.stack([(first + one).ravel(), (first + other).ravel()])
    apart = pairs[0] != pairs[1]
    return Towns(
        features=torch.from_numpy(features).float(),
        events=events,
        times=np.arange(len(events)),
        pairs=torch.from_numpy(pairs[:, apart]),
        met=torch.from_numpy(met[apart]).float(),
    )


def _logits(model: nn.ModuleList, towns: Towns, patches: list[Tensor]) -> Tensor:
    """Inner products of the rows of both people, one of them turned."""
    rows = model[0](towns.features, patches)
    return (model[1](rows[towns.pairs[0]]) * rows[towns.pairs[1]]).sum(1) / 32**0.5
