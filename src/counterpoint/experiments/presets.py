"""Your data look like this, use this: a sensible recipe for each kind of content and supervision."""

from dataclasses import replace

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.data import Roles, Supervision
from counterpoint.encoders import (
    MLP,
    ConvNet,
    EncoderSpec,
    HeadSpec,
    LearnableTemperature,
    LinearHead,
    NoHead,
    Projected,
    ProjectionHead,
    StaticText,
)
from counterpoint.experiments.recipe import Recipe
from counterpoint.objectives import CLIP, CoSENT, NTXent, SupCon
from counterpoint.pairwise import Objective
from counterpoint.training import AdamW, TrainSettings
from counterpoint.views import (
    Compose,
    FeatureSwap,
    GaussianNoise,
    Identity,
    View,
    WordDrop,
    light_images,
    simclr_images,
)

_OBJECTIVES: dict[Supervision, Objective] = {
    Supervision.VIEWS: NTXent(temperature=0.5),
    Supervision.LABELS: SupCon(temperature=0.1),
    Supervision.PAIRS: CLIP(temperature=0.05),
    Supervision.SCORES: CoSENT(temperature=0.05),
}
_ENCODERS: dict[Kind, EncoderSpec] = {Kind.IMAGE: ConvNet(), Kind.TEXT: StaticText(), Kind.VECTOR: MLP()}
_RATES = {Kind.IMAGE: 1e-3, Kind.TEXT: 5e-3, Kind.VECTOR: 1e-3}


def recipe_for(roles: Roles, *, image_size: tuple[int, int] | None = None) -> Recipe:
    """The recipe that ``train`` uses when none is named.

    Args:
        roles: What the columns are.
        image_size: Height and width of the images, where there are any.
    """
    supervision, kind, other = roles.supervision, roles.kind, roles.other_kind or roles.kind
    two_towers = supervision is Supervision.PAIRS and other is not kind
    view = (
        view_for(kind, image_size=image_size) if supervision in (Supervision.VIEWS, Supervision.LABELS) else Identity()
    )
    return Recipe(
        encoder=_in_shared_space(_ENCODERS[kind]) if two_towers else _ENCODERS[kind],
        other_encoder=_in_shared_space(_ENCODERS[other]) if two_towers else None,
        objective=_OBJECTIVES[supervision],
        supervision=supervision,
        views=(view, view),
        head=_head(kind, supervision),
        temperature=LearnableTemperature() if two_towers else None,
        training=TrainSettings(epochs=20, batch_size=256, optimiser=AdamW(learning_rate=_RATES[kind])),
    )


def view_for(kind: Kind, *, image_size: tuple[int, int] | None = None) -> View:
    """How an example of this kind is changed without changing what it is.

    Small one-screen drawings (up to 16 pixels a side) are moved and cropped lightly; larger images get SimCLR's views.
    """
    if kind is Kind.TEXT:
        return WordDrop(rate=0.2)
    if kind is Kind.VECTOR:
        return Compose(views=(FeatureSwap(rate=0.4), GaussianNoise(std=0.1)))
    if image_size is None:
        raise InputError("views of images need the image size")
    return light_images(image_size) if max(image_size) <= 16 else simclr_images(image_size)


def _in_shared_space(encoder: EncoderSpec) -> EncoderSpec:
    return Projected(backbone=encoder, head=LinearHead(out_dim=128))


def _head(kind: Kind, supervision: Supervision) -> HeadSpec:
    if kind is Kind.TEXT or supervision in (Supervision.PAIRS, Supervision.SCORES):
        return NoHead()
    return ProjectionHead(out_dim=128)


def with_training(recipe: Recipe, **changes: object) -> Recipe:
    """The recipe with other training settings; None leaves one alone, and steps and epochs replace each other."""
    given = {name: value for name, value in changes.items() if value is not None}
    if "steps" in given:
        given.setdefault("epochs", None)
    if "epochs" in given and given["epochs"] is not None:
        given.setdefault("steps", None)
    return replace(recipe, training=replace(recipe.training, **given))
