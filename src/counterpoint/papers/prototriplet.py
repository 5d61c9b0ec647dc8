"""Proto-Triplet: episodes in which every query is nearer to its own prototype than to others by a margin."""

import torch
from torch import Tensor

from counterpoint.evaluation import few_shot_accuracy
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.metric_learning import MetricLoop, embedded, learn_metric, omniglot_characters
from counterpoint.objectives import BatchAllTriplet, InfoNCE
from counterpoint.pairwise import NegativeSquaredEuclidean, Objective, SameKey

paper = Paper(
    short="ProtoTriplet",
    title="SuSana Distancia is all you need: Enforcing class separability in metric learning via two novel "
    "distance-based loss functions for few-shot image classification",
    authors="Mendez-Ruiz, Gonzalez-Zapata, Reyes-Amezcua, Flores-Araiza, Lopez-Tiro, Mendez-Vazquez and Ochoa-Ruiz",
    year=2023,
    identifier="arXiv:2305.09062",
    wing=Wing.OBJECTIVES,
    implements="the Proto-Triplet loss, against the cross-entropy of prototypical networks on the same episodes",
    deviates="The ICNN loss is left out. Omniglot characters (20 x 20) and a small residual network instead of "
    "miniImageNet; the mean over all other prototypes, with squared distances for both losses; few-shot accuracy is of "
    "unit embeddings. Margins of 1 and 10 and temperatures of 1 and 10 were tried on a seed of their own, with 200 "
    "steps, partly at 28 x 28.",
)
claim = Claim(
    statement="The Proto-Triplet loss gives a higher few-shot accuracy on unseen classes than the cross-entropy.",
    checks=(
        Within(measure="value_error", below=1e-9, statement="It is the mean hinge over the other prototypes."),
        Better(measure="accuracy_1_shot"),
        Better(measure="accuracy_5_shot"),
    ),
    minutes=1.5,
)

_SIZES = {Setting.TINY: (20, 20, 2), Setting.SMALL: (200, 100, 150), Setting.FULL: (964, 659, 20_000)}
_EPISODES = {Setting.TINY: 20, Setting.SMALL: 600, Setting.FULL: 10_000}
_SHOTS, _PER_CLASS = 5, 10
_DISTANCE = NegativeSquaredEuclidean()


def trial(setting: Setting, seed: int) -> Figures:
    """Both losses on the same episodes of 6 characters, 5 images known and 5 asked for."""
    learnt, unseen, steps = _SIZES[setting]
    data, test = omniglot_characters(learnt, unseen, seed=seed)
    losses = {"method": BatchAllTriplet(margin=1.0, similarity=_DISTANCE), "baseline": _cross_entropy()}
    loop = MetricLoop(steps=steps, batch_size=6 * _PER_CLASS, per_class=_PER_CLASS)
    figures: dict[str, dict[str, float]] = {}
    for side, objective in losses.items():
        network = learn_metric(data, lambda z, y, objective=objective: _episode(objective, z, y), loop, seed=seed)
        z, y = embedded(network, test), test.labels.numpy()
        figures[side] = {
            f"accuracy_{k}_shot": few_shot_accuracy(z, y, shots=k, episodes=_EPISODES[setting], seed=seed).value
            for k in (1, 5)
        }
    figures["method"]["value_error"] = _value_error(seed)
    return figures


def _cross_entropy() -> Objective:
    return InfoNCE(temperature=1.0, similarity=_DISTANCE)


def _episode(objective: Objective, z_ND: Tensor, labels_N: Tensor) -> Tensor:
    """Rows of a class stand together: its first ones make the prototype, the others ask."""
    groups = z_ND.view(-1, _PER_CLASS, z_ND.shape[1])
    prototypes, queries = groups[:, :_SHOTS].mean(1), groups[:, _SHOTS:].flatten(0, 1)
    known = labels_N.view(-1, _PER_CLASS)
    return objective(queries, prototypes, relation=SameKey(known[:, _SHOTS:].flatten(), known[:, 0].contiguous()))


def _value_error(seed: int) -> float:
    """The library's value on a random episode, minus the definition query by query."""
    draw = torch.Generator().manual_seed(seed)
    z = torch.randn(4 * _PER_CLASS, 8, generator=draw, dtype=torch.float64)
    labels = torch.arange(4).repeat_interleave(_PER_CLASS)
    groups = z.view(4, _PER_CLASS, 8)
    prototypes = groups[:, :_SHOTS].mean(1)
    hinges = [
        (own - other + 1.0).clamp_min(0)
        for c in range(4)
        for query in groups[c, _SHOTS:]
        for own in [(query - prototypes[c]).square().sum()]
        for other in [(query - prototypes[k]).square().sum() for k in range(4) if k != c]
    ]
    found = _episode(BatchAllTriplet(margin=1.0, similarity=_DISTANCE), z, labels)
    return float((found - torch.stack(hinges).mean()).abs())
