"""Who takes part in ``counterpoint compare`` on interactions: encoders, each with contrasts and rankings."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from counterpoint.base.errors import InputError
from counterpoint.cli import console
from counterpoint.cli.compare_entry import BETWEEN, SHARED, Entry, check_once, fitting, names_of
from counterpoint.cli.fitting_recipe import as_recipe, check_encoder_is, check_recipe_fits
from counterpoint.cli.item_recipe import CONTRASTS, RANKINGS, recommender_of
from counterpoint.cli.options import any_recipe_named, named_one
from counterpoint.cli.recommend import ENCODERS, AnyRecommender
from counterpoint.cli.sequence_recipe import SEQUENCE_CONTRASTS, sequential_of
from counterpoint.experiments.catalogue import loss_named, name_of
from counterpoint.experiments.compare import ItemContest, LeftOut
from counterpoint.experiments.jobs import Job
from counterpoint.experiments.recommender.opening import Opened, open_interactions
from counterpoint.experiments.recommender.recipe import Recommender
from counterpoint.experiments.recommender.sequence_recipe import SequentialRecommender
from counterpoint.experiments.source import DataSource

APPLY = SHARED | {"contrasts", "epochs"}
GRAPH, SEQUENCES = "light-gcn", "sasrec"
OWN_CONTRASTS: dict[str, Mapping[str, object]] = {GRAPH: CONTRASTS, SEQUENCES: SEQUENCE_CONTRASTS}
USUAL: dict[str, tuple[str, ...]] = {GRAPH: tuple(CONTRASTS), SEQUENCES: ("none", "crop-mask-reorder")}
"""Contrasts that take part when none are named."""


@dataclass(frozen=True)
class Asked:
    """Who was asked for.

    Attributes:
        encoders: By name.
        contrasts: Likewise; none asks for the usual ones of each encoder.
        objectives: Likewise; none asks for the usual ranking.
        named: What ``--recipe`` names.
        given: The options of ``compare``.
    """

    encoders: tuple[str, ...]
    contrasts: tuple[str, ...]
    objectives: tuple[str, ...]
    named: AnyRecommender | None
    given: Mapping[str, Any]

    def names(self) -> list[str]:
        """Of all who might take part."""
        found: list[str] = []
        for encoder in self.encoders:
            own = [one for one in self.contrasts if one in OWN_CONTRASTS[encoder]] or USUAL[encoder]
            rankings = [(one,) for one in self.objectives] if encoder == GRAPH and self.objectives else [()]
            found += [BETWEEN.join((encoder, contrast, *ranking)) for contrast in own for ranking in rankings]
        return found

    def recipe(self, name: str) -> AnyRecommender:
        """Of one of these names.

        Raises:
            InputError: Its objective cannot rank, or a number does not go with its contrast.
        """
        encoder, contrast, *objective = name.split(BETWEEN)
        plan = self.named or ENCODERS[encoder]()
        asked = {
            "batch_size": self.given["batch_size"],
            "test": self.given["test"],
            "test_fraction": self.given["test_fraction"],
            "seed": self.given["seed"],
            # What the recipe has already keeps its numbers.
            "contrast": None if type(OWN_CONTRASTS[encoder][contrast]) is type(plan.contrast) else contrast,
        }
        if isinstance(plan, Recommender):
            asked["objective"] = next((one for one in objective if not _is_ranking_of(plan, one)), None)
            return recommender_of(defaultdict(lambda: None, asked), as_recipe(self.named, Recommender))
        return sequential_of(defaultdict(lambda: None, asked), as_recipe(self.named, SequentialRecommender))


def item_entry(given: Mapping[str, Any], source: DataSource) -> Entry[AnyRecommender]:
    """Open, split, and see who can learn from it.

    Sequences are judged on what everybody else is: where any of them take part, all learn from the order of time.

    Args:
        given: The options of ``compare``, by name.
        source: The interactions.

    Raises:
        InputError: A name that is none, options that do not go together, or interactions that cannot be used.
    """
    asked = _asked(given)
    opened, asked, without = _opened(asked, source, named=given["encoders"] is not None or asked.named is not None)
    console.say(opened.described)
    if not opened.judged:
        raise InputError(
            f"{source.data} holds nothing out: there is nothing to compare on; leave out --test-fraction 0"
        )
    candidates, left_out = fitting(asked.names(), asked.recipe)
    contest = ItemContest(opened.split)
    return Entry(
        contest=contest,
        candidates=tuple(candidates),
        left_out=(*without, *left_out),
        usual=max(one.recipe.settings.epochs for one in candidates),
        length=given["epochs"],
        told=f"learnt from interactions; epochs and trials are chosen by recall@20, judged by {contest.measure}",
    )


def _asked(given: Mapping[str, Any]) -> Asked:
    """Names that are some, each once."""
    named = None if given["recipe"] is None else any_recipe_named(given["recipe"])
    check_recipe_fits(named, Job.INTERACTIONS, recipe=given["recipe"], data=given["data"])
    plan = named if isinstance(named, AnyRecommender) else None
    if isinstance(plan, Recommender) and (plan.items is not None or plan.new_items):
        raise InputError("--recipe: recommenders over features of items are not compared, and this recipe has items")
    contrasts, objectives = names_of(given["contrasts"], "--contrasts"), names_of(given["objectives"], "--objectives")
    check_once(contrasts, contrasts, "--contrasts")
    kinds = [loss_named(one, argument="--objectives") for one in objectives]
    check_once(kinds, objectives, "--objectives")
    encoders = _encoders(names_of(given["encoders"], "--encoders"), plan, contrasts, objectives)
    known = {name: encoder for encoder in encoders for name in OWN_CONTRASTS[encoder]}
    for one in contrasts:
        named_one(known, "--contrasts", one, f"interactions and --encoders {','.join(encoders)}")
    return Asked(encoders, tuple(contrasts), tuple(name_of(kind) for kind in kinds), plan, given)


def _encoders(
    names: list[str], plan: AnyRecommender | None, contrasts: Sequence[str], objectives: Sequence[str]
) -> tuple[str, ...]:
    """Those named, that of the recipe, or all that have one of the contrasts."""
    check_once(names, names, "--encoders")
    for one in names:
        named_one(ENCODERS, "--encoders", one, "interactions")
        if plan is not None:
            check_encoder_is(_encoder_of(plan), one)
    if plan is not None:
        names = [_encoder_of(plan)]
    if objectives and names and GRAPH not in names:
        raise InputError(f"--objectives is for {GRAPH}: {SEQUENCES} learns the next item by a softmax over all items")
    if names:
        return tuple(names)
    usual = (GRAPH,) if objectives else (GRAPH, SEQUENCES)
    return tuple(one for one in usual if not contrasts or set(contrasts) & set(OWN_CONTRASTS[one])) or usual


def _opened(asked: Asked, source: DataSource, *, named: bool) -> tuple[Opened, Asked, list[LeftOut]]:
    """Interactions in the order of time where sequences take part, who takes part then, and who does not.

    Raises:
        InputError: Sequences were asked for by name, and there are no times, or too few items.
    """
    if SEQUENCES not in asked.encoders:
        return open_interactions(source), asked, []
    try:
        return open_interactions(source, in_order=True), asked, []
    except InputError as error:
        others = tuple(one for one in asked.encoders if one != SEQUENCES)
        if named or not others:
            raise
        return open_interactions(source), replace(asked, encoders=others), [LeftOut(name=SEQUENCES, reason=str(error))]


def _encoder_of(plan: AnyRecommender) -> str:
    return next(name for name, kind in ENCODERS.items() if isinstance(plan, kind))


def _is_ranking_of(plan: Recommender, objective: str) -> bool:
    return type(RANKINGS.get(objective)) is type(plan.settings.ranking)
