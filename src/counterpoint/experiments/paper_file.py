"""One file of ``papers/``, read: the paper, its claim, and how one seed of it is measured."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from counterpoint.base.errors import InputError
from counterpoint.experiments.claim import Claim, Figures, Paper, Setting
from counterpoint.experiments.experiment import Experiment
from counterpoint.experiments.published import Published

Trial = Callable[[Setting, int], Figures]
"""Measures one seed in a setting: of every side, every measure."""


@dataclass(frozen=True)
class PaperFile:
    """A paper with what shows its claim: experiments to compare, or a trial of its own.

    Attributes:
        paper: What is implemented.
        claim: What should come out.
        file: Where it is written down.
        sides: The experiments of a setting, by side; None where there is a trial.
        trial: Measures one seed; None where there are experiments.
        published: Figures of the paper, to stand beside ours in the full setting.
    """

    paper: Paper
    claim: Claim
    file: Path
    sides: Callable[[Setting], dict[str, Experiment]] | None = None
    trial: Trial | None = None
    published: tuple[Published, ...] = ()

    @staticmethod
    def of(module: ModuleType) -> "PaperFile":
        """Read the names off a module: ``paper``, ``claim``, and ``method`` and ``baseline`` or else ``trial``.

        ``method`` and ``baseline`` are functions from a setting to an experiment. Where the claim needs more sides,
        ``ablations`` is a function from a setting to further experiments by name. ``trial`` is a function of a setting
        and a seed that returns figures. ``published`` may be a tuple of figures of the paper.

        Raises:
            InputError: One is missing or something else; the message says which file to mend.
        """
        name = module.__file__
        if name is None:
            raise InputError(f"{module.__name__} is no file")
        paper, claim = _wanted(module, "paper", Paper), _wanted(module, "claim", Claim)
        published = tuple(getattr(module, "published", ()))
        if odd := [one for one in published if not isinstance(one, Published)]:
            raise InputError(f"{name}: published must hold Published figures, found {type(odd[0]).__name__}")
        own = getattr(module, "trial", None)
        if own is None:
            return PaperFile(paper, claim, Path(name), sides=_sides(module), published=published)
        if any(hasattr(module, part) for part in ("method", "baseline", "ablations")):
            raise InputError(f"{name} must define a trial, or experiments to compare, and has both")
        return PaperFile(paper, claim, Path(name), trial=_wanted(module, "trial", None), published=published)


def _sides(module: ModuleType) -> Callable[[Setting], dict[str, Experiment]]:
    method, baseline = _wanted(module, "method", None), _wanted(module, "baseline", None)
    further = _wanted(module, "ablations", None) if hasattr(module, "ablations") else lambda setting: {}

    def sides(setting: Setting) -> dict[str, Experiment]:
        return {"method": method(setting), "baseline": baseline(setting), **further(setting)}

    return sides


_WANTED = {
    "paper": "a Paper",
    "claim": "a Claim",
    "method": "a function from a Setting to an Experiment, unless it has a trial",
    "baseline": "a function from a Setting to an Experiment, unless it has a trial",
    "ablations": "a function from a Setting to Experiments by name",
    "trial": "a function of a Setting and a seed that returns figures",
}


def _wanted(module: ModuleType, part: str, kind: type | None) -> Any:
    found = getattr(module, part, None)
    if not (callable(found) if kind is None else isinstance(found, kind)):
        raise InputError(f"{module.__file__} must define {part} ({_WANTED[part]}), found {type(found).__name__}")
    return found
