"""What is tuned, and between which bounds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from counterpoint.experiments.recipe import Recipe

RATE = "learning_rate"
SHARPNESS = ("temperature", "scale")
"""What an objective may call the number that similarities are divided or multiplied by; the first it has is tuned."""

RATE_FACTOR, SHARPNESS_FACTOR = 10.0, 5.0
"""Bounds are the usual value divided and multiplied by this."""

DIGITS = 3


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


def space_of(recipe: Recipe) -> tuple[Dimension, ...]:
    """The learning rate; and the temperature (or scale) of an objective that has one, unless the recipe learns it."""
    found = [_around(RATE, recipe.training.optimiser.learning_rate, RATE_FACTOR)]
    name = next((one for one in SHARPNESS if one in recipe.objective.numbers()), None)
    if name is not None and recipe.temperature is None:
        found.append(_around(name, float(getattr(recipe.objective, name)), SHARPNESS_FACTOR))
    return tuple(found)


def with_values(recipe: Recipe, values: Mapping[str, float]) -> Recipe:
    """The recipe with tuned numbers."""
    optimiser = replace(recipe.training.optimiser, learning_rate=values[RATE])
    recipe = replace(recipe, training=replace(recipe.training, optimiser=optimiser))
    of_objective = {name: value for name, value in values.items() if name != RATE}
    return replace(recipe, objective=replace(recipe.objective, **of_objective)) if of_objective else recipe


def rounded(value: float) -> float:
    """To three digits, which a reader can copy."""
    return float(f"{value:.{DIGITS}g}")


def _around(name: str, usual: float, factor: float) -> Dimension:
    return Dimension(name, rounded(usual / factor), rounded(usual * factor), usual)
