"""False negatives on the command line: what ``--spare`` and ``--guide`` add to a recipe."""

from dataclasses import dataclass, replace
from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.base.facts import Fact
from counterpoint.cli.options import encoder_named
from counterpoint.encoders import EncoderSpec, Saved
from counterpoint.encoders.saving import DESCRIPTION
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.recipe import Recipe
from counterpoint.pairs import rules


@dataclass(frozen=True)
class Filters:
    """Which negatives are left out.

    Attributes:
        spared: Rules whose positives are no negatives.
        guide: Whose opinion of a negative counts.
        margin: How much less similar than the positive it must be.
    """

    spared: tuple[rules.Same, ...] = ()
    guide: EncoderSpec | None = None
    margin: float = 0.0

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What must be known of every row."""
        return tuple(fact for one in self.spared for fact in one.facts)

    def added_to(self, recipe: Recipe) -> Recipe:
        """The recipe with fewer negatives.

        Raises:
            InputError: It has a guide of its own.
        """
        rule = recipe.relation or rules.Supervised()
        for one in self.spared:
            rule = rule.sparing(one)
        if self.guide is None:
            return replace(recipe, relation=rule) if self.spared else recipe
        if recipe.guide is not None:
            raise InputError("--guide: the recipe has a guide of its own")
        return replace(recipe, relation=rules.BelowPositive(inner=rule, margin=self.margin), guide=self.guide)


def filters_of(spare: list[str], guide: str | None, margin: float | None) -> Filters:
    """What the options say.

    Args:
        spare: Columns.
        guide: A run folder, a folder that an encoder was saved in, a name of ours, or a Hugging Face model.
        margin: With a guide.

    Raises:
        InputError: A margin without a guide, or one that is no number.
    """
    if guide is None and margin is not None:
        raise InputError("--guide-margin goes with --guide")
    spared = tuple(rules.Same(column=column) for column in spare)
    return Filters(spared=spared, guide=None if guide is None else guide_named(guide), margin=margin or 0.0)


def guide_named(name: str) -> EncoderSpec:
    """The guide a person asked for; one that was trained here is named by its run folder or its ``model``."""
    for folder in (Path(name), RunFolder(Path(name)).model):
        if (folder / DESCRIPTION).is_file():
            return Saved(folder=str(folder.resolve()))
    return encoder_named(name)
