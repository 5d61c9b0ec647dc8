"""A paper's claim and its verdict: method against baseline over seeds, decided by a paired interval."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from types import ModuleType

import numpy as np
from scipy import stats

from counterpoint.base.errors import InputError
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import DataSource


class Setting(StrEnum):
    """How large a run is."""

    TINY = "tiny"
    SMALL = "small"
    FULL = "full"


class Verdict(StrEnum):
    """What the runs say about a claim."""

    HOLDS = "holds"
    FAILS = "does not hold here"
    UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What is implemented, and where it comes from.

    Attributes:
        short: Name on the command line.
        title: The paper's title.
        authors: Family names.
        year: Of the version cited.
        identifier: DOI or arXiv number.
        implements: Which equation or algorithm.
        deviates: What differs from the paper, and why.

    Raises:
        InputError: Something is left blank, or the short name is no name for a file and a bibliography key.
    """

    short: str
    title: str
    authors: str
    year: int
    identifier: str
    implements: str
    deviates: str

    def __post_init__(self) -> None:
        blank = [field.name for field in fields(self) if not str(getattr(self, field.name)).strip()]
        if blank:
            raise InputError(f"paper {self.short!r} must say its {', '.join(blank)}")
        if not self.short.replace("-", "").isalnum():
            raise InputError(f"the short name of a paper must be letters, digits and '-', got {self.short!r}")

    def bibtex(self) -> str:
        """An entry for a bibliography."""
        key = f"{self.short.lower()}{self.year}"
        names = " and ".join(name.strip() for name in self.authors.replace(" and ", ", ").split(","))
        fields = {"title": f"{{{self.title}}}", "author": names, "year": str(self.year), "note": self.identifier}
        return f"@misc{{{key},\n" + "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items()) + "}"


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A recipe on its data."""

    recipe: Recipe
    data: DataSource

    def seeded(self, seed: int) -> "Experiment":
        """The same experiment with another seed."""
        return replace(self, recipe=replace(self.recipe, training=replace(self.recipe.training, seed=seed)))


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What should come out.

    Attributes:
        measure: The measure compared, as ``judge`` names it.
        statement: The claim in words.
        seeds: Runs of each side, two or more.
        cost: What the ``small`` setting takes.
        at_least: The smallest mean difference that counts.

    Raises:
        InputError: Something is left blank, or one seed, of which there is no interval.
    """

    measure: str
    statement: str
    seeds: int = 3
    cost: str
    at_least: float = 0.0

    def __post_init__(self) -> None:
        blank = [name for name in ("measure", "statement", "cost") if not getattr(self, name).strip()]
        if blank:
            raise InputError(f"a claim must say its {', '.join(blank)}")
        if self.seeds < 2:
            raise InputError(f"a claim needs two or more seeds, got {self.seeds}")


@dataclass(frozen=True, kw_only=True)
class Result:
    """Measured values, one per seed, and what follows.

    Attributes:
        method: Values of the method.
        baseline: Values of the baseline, on the same seeds.
        difference: Mean of the paired differences, positive when the method is better.
        low: Lower end of the 95 % t-interval of the difference.
        high: Upper end.
        verdict: Holds when the whole interval is above the claim's threshold, fails when it is below.
    """

    method: tuple[float, ...]
    baseline: tuple[float, ...]
    difference: float
    low: float
    high: float
    verdict: Verdict


def decide(claim: Claim, method: Sequence[float], baseline: Sequence[float], *, greater_is_better: bool) -> Result:
    """The verdict on paired runs.

    Raises:
        InputError: Fewer than two seeds, unequal numbers, or values that are not finite.
    """
    if len(method) != len(baseline) or len(method) < 2:
        raise InputError(f"a verdict needs two or more paired runs, got {len(method)} and {len(baseline)}")
    if not np.isfinite([*method, *baseline]).all():
        raise InputError(f"a verdict needs finite values, got {[*method]} and {[*baseline]}")
    differences = np.subtract(method, baseline) * (1 if greater_is_better else -1)
    mean, spread = float(differences.mean()), float(differences.std(ddof=1))
    half = float(stats.t.ppf(0.975, len(differences) - 1)) * spread / math.sqrt(len(differences))
    low, high = mean - half, mean + half
    verdict = Verdict.HOLDS if low > claim.at_least else Verdict.FAILS if high < claim.at_least else Verdict.UNDECIDED
    return Result(
        method=tuple(map(float, method)), baseline=tuple(map(float, baseline)),
        difference=mean, low=low, high=high, verdict=verdict,
    )  # fmt: skip


@dataclass(frozen=True)
class PaperFile:
    """One file of ``papers/``: the paper, its claim, and the two experiments it compares.

    Attributes:
        paper: What is implemented.
        claim: What should come out.
        method: The paper's experiment in a setting.
        baseline: What it is compared with.
        file: Where it is written down.
    """

    paper: Paper
    claim: Claim
    method: Callable[[Setting], Experiment]
    baseline: Callable[[Setting], Experiment]
    file: Path

    @staticmethod
    def of(module: ModuleType) -> "PaperFile":
        """Read the four names off a module.

        Raises:
            InputError: One is missing or something else; the message says which file to mend.
        """
        name = module.__file__
        if name is None:
            raise InputError(f"{module.__name__} is no file")
        found = {part: getattr(module, part, None) for part in _WANTED}
        kinds = {"paper": isinstance(found["paper"], Paper), "claim": isinstance(found["claim"], Claim)}
        for part, wanted in _WANTED.items():
            if not kinds.get(part, callable(found[part])):
                raise InputError(f"{name} must define {part} ({wanted}), found {type(found[part]).__name__}")
        return PaperFile(module.paper, module.claim, module.method, module.baseline, Path(name))


_WANTED = {
    "paper": "a Paper",
    "claim": "a Claim",
    "method": "a function from a Setting to an Experiment",
    "baseline": "a function from a Setting to an Experiment",
}
