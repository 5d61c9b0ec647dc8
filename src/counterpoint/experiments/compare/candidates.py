"""Who takes part on content: objectives times encoders that fit the data, and who does not, with the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from counterpoint.base.errors import InputError
from counterpoint.data import Supervision
from counterpoint.encoders import EncoderSpec
from counterpoint.experiments.catalogue import DataKind, Entry, all_losses, name_of
from counterpoint.experiments.check import prepare_job
from counterpoint.experiments.compare.candidate import Candidate, LeftOut
from counterpoint.experiments.presets import with_objective
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import Data
from counterpoint.pairwise import Loss

_LEARNT_FROM = {
    Supervision.VIEWS: {DataKind.VIEWS},
    Supervision.LABELS: {DataKind.LABELS, DataKind.CLASSES},
    Supervision.PAIRS: {DataKind.PAIRS},
    Supervision.SCORES: {DataKind.SCORES},
}


def choose_candidates(
    data: Data,
    base: Recipe,
    *,
    objectives: Sequence[type[Loss]],
    encoders: Mapping[str, EncoderSpec],
    most: int,
) -> tuple[list[Candidate[Recipe]], list[LeftOut]]:
    """Every encoder with every objective that can learn from these data.

    Args:
        data: What they will learn from; each is rehearsed on one batch of it.
        base: The recipe in which objective and encoder are put.
        objectives: Who was asked for, each once; none asks for the whole catalogue.
        encoders: By name; none keeps that of ``base``.
        most: How many may take part when the whole catalogue was asked for: the objective of ``base`` first, the
            others by name.

    Raises:
        InputError: Encoders were named for a recipe of two towers, or nobody can take part.
    """
    if encoders and base.other_encoder is not None:
        raise InputError("encoders cannot be named here: the recipe has two, one for each kind of content")
    listed = [*objectives] or _catalogue(base)
    found: list[Candidate[Recipe]] = []
    out: list[LeftOut] = []
    for kind in listed:
        for encoder in encoders or ("",):
            name = f"{name_of(kind)}, {encoder}" if len(encoders) > 1 else name_of(kind)
            if not objectives and len(found) == most:
                out.append(LeftOut(name=name, reason=f"only {most} take part unless they are named"))
                continue
            recipe = base if not encoder else replace(base, encoder=encoders[encoder])
            try:
                found.append(Candidate(name=name, recipe=_fitted(recipe, kind, data)))
            except InputError as error:
                out.append(LeftOut(name=name, reason=str(error)))
    if not found:
        raise InputError("nobody can take part: " + "; ".join(f"{one.name}: {one.reason}" for one in out))
    return found, out


def _catalogue(base: Recipe) -> list[type[Loss]]:
    """All that learn from such data, the usual one first."""
    usual = type(base.objective)
    fitting = [one.kind for one in all_losses() if _LEARNT_FROM[base.supervision] & set(one.data)]
    return sorted(fitting, key=lambda kind: kind is not usual)


def _fitted(base: Recipe, kind: type[Loss], data: Data) -> Recipe:
    """The recipe with this objective, after one batch went through it.

    Raises:
        InputError: It does not fit.
    """
    entry = next((one for one in all_losses() if one.kind is kind), None)
    if entry is not None and not _LEARNT_FROM[base.supervision] & set(entry.data):
        raise InputError(_unfit(entry, base.supervision))
    try:
        objective = base.objective if type(base.objective) is kind else kind()
    except TypeError as error:
        raise InputError(f"{kind.__name__} has no settings that suit any data: {error}") from error
    recipe = with_objective(base, objective)
    prepare_job(recipe, data, judge=False, warn=lambda text: None)
    return recipe


def _unfit(entry: Entry, supervision: Supervision) -> str:
    reason = f"learns from {' or '.join(entry.data)}, and here from {supervision} is learnt"
    return reason + ("; try --supervision views" if DataKind.VIEWS in entry.data else "")
