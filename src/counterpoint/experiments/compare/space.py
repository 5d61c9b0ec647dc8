"""What is tuned, and between which bounds."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, cast

from counterpoint.experiments.compare.candidate import AnyRecipe, R
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.recommender.recipe import Recommender
from counterpoint.experiments.recommender.sequence_recipe import SequentialRecommender
from counterpoint.methods.graph_contrast import NoContrast
from counterpoint.methods.objective_ranking import ObjectiveRanking
from counterpoint.methods.sequence_contrast import MetaAugmentation
from counterpoint.pairwise import Loss

RATE = "learning_rate"
SHARPNESS = ("temperature", "scale")
"""What an objective may call the number that similarities are divided or multiplied by; the first it has is tuned."""

RATE_FACTOR, SHARPNESS_FACTOR = 10.0, 5.0
"""Bounds are the usual value divided and multiplied by this; that of a contrast's weight is the second as well."""

DIGITS = 3

Place = tuple[str, ...]
"""Names of fields, from the recipe to a number in one of its parts."""

_Places = dict[str, tuple[Place, ...]]
"""By the name of a dimension; a number that stands at several places is read at the first."""

_CONTRAST: _Places = {
    "contrast_weight": (("contrast", "weight"),),
    "contrast_temperature": (("contrast", "temperature"),),
}
_LEARNT_VIEWS: _Places = {**_CONTRAST, "contrast_weight": (("contrast", "weight"), ("contrast", "meta_weight"))}
"""As ``train --contrast-weight`` has it for MCLRec."""


@dataclass(frozen=True)
class Dimension:
    """One number that is searched on a logarithmic scale.

    Attributes:
        name: Which.
        low: Smallest value.
        high: Largest value.
        usual: What it is without tuning; the first trial takes it.
    """

    name: str
    low: float
    high: float
    usual: float

    def __str__(self) -> str:
        return f"{self.name} {self.low:g} to {self.high:g}"


def space_of(recipe: AnyRecipe) -> tuple[Dimension, ...]:
    """The learning rate; the temperature (or scale) of what has one, unless the recipe learns it; a contrast's weight.

    With edges ``learning_rate`` is that of the loop which trains. A weight of 0 has no neighbours on a logarithmic
    scale, and stays.
    """
    usual = {name: float(_at(recipe, first)) for name, (first, *_) in _places(recipe).items()}
    return tuple(
        _around(name, value, RATE_FACTOR if name == RATE else SHARPNESS_FACTOR)
        for name, value in usual.items()
        if value > 0
    )


def with_values(recipe: R, values: Mapping[str, float]) -> R:
    """The recipe with tuned numbers."""
    places = _places(recipe)
    for name, value in values.items():
        for place in places[name]:
            recipe = cast(R, _put(recipe, place, value))
    return recipe


def rounded(value: float) -> float:
    """To three digits, which a reader can copy."""
    return float(f"{value:.{DIGITS}g}")


def _places(recipe: AnyRecipe) -> _Places:
    match recipe:
        case Recipe():
            learnt = recipe.temperature is not None
            return {RATE: (("training", "optimiser", RATE),), **({} if learnt else _sharpness(recipe, "objective"))}
        case Recommender():
            ranking = ("settings", "ranking")
            inner = ("objective",) if isinstance(recipe.settings.ranking, ObjectiveRanking) else ()
            beside = {} if isinstance(recipe.contrast, NoContrast) else _CONTRAST
            return {RATE: (("settings", RATE),), **_sharpness(recipe, *ranking, *inner), **beside}
        case SequentialRecommender():
            beside = _LEARNT_VIEWS if isinstance(recipe.contrast, MetaAugmentation) else _CONTRAST
            return {RATE: (("settings", RATE),), **({} if recipe.contrast is None else beside)}
        case _:
            loop = "loop" if recipe.clustering is None else "clustering"
            return {RATE: ((loop, RATE),), **_sharpness(recipe, "objective")}


def _sharpness(recipe: AnyRecipe, *place: str) -> _Places:
    """The temperature or scale of a part that has one."""
    part = _at(recipe, place)
    numbers = part.numbers() if isinstance(part, Loss) else [one.name for one in fields(part)]
    name = next((one for one in SHARPNESS if one in numbers), None)
    return {} if name is None else {name: ((*place, name),)}


def _at(part: Any, place: Place) -> Any:
    for name in place:
        part = getattr(part, name)
    return part


def _put(part: Any, place: Place, value: float) -> Any:
    """The part with another number at a place."""
    assert is_dataclass(part)
    assert not isinstance(part, type)
    name, *rest = place
    return replace(part, **{name: _put(getattr(part, name), tuple(rest), value) if rest else value})


def _around(name: str, usual: float, factor: float) -> Dimension:
    return Dimension(name, rounded(usual / factor), rounded(usual * factor), usual)
