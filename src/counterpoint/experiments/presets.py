"""Your data look like this, use this: a sensible recipe for each kind of content and supervision."""

from dataclasses import replace
from typing import TypeVar

from counterpoint.base.content import Kind
from counterpoint.data import Supervision
from counterpoint.encoders import (
    MLP,
    ConvNet,
    EncoderSpec,
    HeadSpec,
    LearnablePrototypes,
    LearnableTemperature,
    LinearHead,
    NoHead,
    Projected,
    ProjectionHead,
    StaticText,
)
from counterpoint.experiments.multi_task.recipe import MultiTask
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import Data
from counterpoint.objectives import CLIP, CoSENT, NTXent, SupCon
from counterpoint.pairwise import Loss, over_prototypes
from counterpoint.training import AdamW, TrainSettings
from counterpoint.views import Identity, View, default_views

_OBJECTIVES: dict[Supervision, Loss] = {
    Supervision.VIEWS: NTXent(temperature=0.5),
    Supervision.LABELS: SupCon(temperature=0.1),
    Supervision.PAIRS: CLIP(temperature=0.05),
    Supervision.SCORES: CoSENT(temperature=0.05),
}
_ENCODERS: dict[Kind, EncoderSpec] = {Kind.IMAGE: ConvNet(), Kind.TEXT: StaticText(), Kind.VECTOR: MLP()}
Plan = TypeVar("Plan", Recipe, MultiTask)
"""What has training settings."""
_RATES = {Kind.IMAGE: 1e-3, Kind.TEXT: 5e-3, Kind.VECTOR: 1e-3}


def recipe_for(data: Data, *, supervision: Supervision | None = None) -> Recipe:
    """The recipe that ``train`` uses when none is named.

    Args:
        data: What there is to learn from.
        supervision: What to learn from, when it is not the strongest that the columns offer: views of images that
            have labels, for one.
    """
    supervision = supervision or data.roles.supervision
    kind = data.roles.kind
    other = data.roles.other_kind or kind
    two_towers = supervision is Supervision.PAIRS and other is not kind
    view = _view(data) if supervision in (Supervision.VIEWS, Supervision.LABELS) else Identity()
    batch_size = max(2, min(256, len(data.train) // 4))
    return Recipe(
        encoder=_in_shared_space(_ENCODERS[kind]) if two_towers else _ENCODERS[kind],
        other_encoder=_in_shared_space(_ENCODERS[other]) if two_towers else None,
        objective=_OBJECTIVES[supervision],
        supervision=supervision,
        views=(view, view),
        head=_head(kind, supervision),
        temperature=LearnableTemperature() if two_towers else None,
        training=TrainSettings(epochs=20, batch_size=batch_size, optimiser=AdamW(learning_rate=_RATES[kind])),
    )


def _view(data: Data) -> View:
    if data.roles.kind is not Kind.IMAGE:
        return default_views(data.roles.kind)
    image = data.train.image
    return default_views(Kind.IMAGE, image_size=image.height_width, image_channels=image.channels or 3)


def _in_shared_space(encoder: EncoderSpec) -> EncoderSpec:
    return Projected(backbone=encoder, head=LinearHead(out_dim=128))


def _head(kind: Kind, supervision: Supervision) -> HeadSpec:
    if kind is Kind.TEXT or supervision in (Supervision.PAIRS, Supervision.SCORES):
        return NoHead()
    return ProjectionHead(out_dim=128)


def with_objective(recipe: Recipe, objective: Loss, *, learnt: bool = True) -> Recipe:
    """The recipe with another objective, and the prototypes that it needs.

    Args:
        recipe: What is changed.
        objective: Taken as it is.
        learnt: Keep a temperature that the recipe learns, if the objective has one.
    """
    keeps = learnt and hasattr(objective, "temperature")
    prototypes = (recipe.prototypes or LearnablePrototypes()) if over_prototypes(objective) else None
    return replace(
        recipe, objective=objective, temperature=recipe.temperature if keeps else None, prototypes=prototypes
    )


def with_training(recipe: Plan, **changes: object) -> Plan:
    """The recipe with other training settings; None leaves one alone, and steps and epochs replace each other."""
    given = {name: value for name, value in changes.items() if value is not None}
    if "steps" in given:
        given.setdefault("epochs", None)
    if "epochs" in given and given["epochs"] is not None:
        given.setdefault("steps", None)
    return replace(recipe, training=replace(recipe.training, **given))
