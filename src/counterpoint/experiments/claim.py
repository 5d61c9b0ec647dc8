"""What a paper claims, as checks on measured figures, and the verdict over seeds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.experiments.t_interval import interval

Figures = Mapping[str, Mapping[str, float]]
"""What one seed measured: of every side (method, baseline, an ablation ...) every measure by name."""


class Setting(StrEnum):
    """How large a run is."""

    TINY = "tiny"
    SMALL = "small"
    FULL = "full"


class Wing(StrEnum):
    """Which part of the table of papers one belongs to."""

    OBJECTIVES = "objectives"
    PAIRS = "pairs"
    SCALE = "scale"
    TEXT = "text"
    GRAPH = "graph"
    RECSYS = "recsys"
    RETRIEVAL = "retrieval"
    VISION = "vision"
    VISION_LANGUAGE = "vision-language"
    MULTIMODAL = "multimodal"
    TIMESERIES = "timeseries"
    AUDIO = "audio"
    EVALUATION = "evaluation"
    ROBUSTNESS = "robustness"


class Verdict(StrEnum):
    """What the runs say about a claim."""

    HOLDS = "holds"
    UNDECIDED = "undecided"
    FAILS = "does not hold here"


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What is implemented, and where it comes from.

    Attributes:
        short: Name on the command line.
        title: The paper's title.
        authors: Family names.
        year: Of the version cited.
        identifier: DOI or arXiv number.
        wing: Which part of the table it belongs to.
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
    wing: Wing
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
class Better:
    """One side beats another, seed by seed.

    Formula: ``d_s = side_s - than_s`` of seed s, with the sign turned when ``lower``; the check holds when the whole
    95 % t-interval of the mean of d lies above ``by``, fails when it lies below, and is undecided otherwise.

    Attributes:
        measure: What is compared.
        statement: The check in words; blank for that of the claim.
        side: Who should be better.
        than: Whom it should beat, on the same seeds.
        by: The smallest mean difference that counts; negative where "no worse than by so much" is the claim.
        lower: Smaller values are better.
        on: The data, where a claim looks at several and each deserves a verdict of its own.
    """

    measure: str
    statement: str = ""
    side: str = "method"
    than: str = "baseline"
    by: float = 0.0
    lower: bool = False
    on: str = ""

    def decide(self, seeds: Sequence[Figures]) -> "Finding":
        """What the seeds say."""
        values, against = ([figure(one, side, self.measure) for one in seeds] for side in (self.side, self.than))
        differences = np.subtract(values, against) * (-1 if self.lower else 1)
        mean, low, high = interval(differences)
        verdict = Verdict.HOLDS if low > self.by else Verdict.FAILS if high < self.by else Verdict.UNDECIDED
        return Finding(self, tuple(values), tuple(against), mean, low, high, verdict)


@dataclass(frozen=True, kw_only=True)
class Within:
    """A figure lies between bounds with every seed: theorems, exact equalities, collapse.

    Attributes:
        measure: What is looked at.
        statement: The check in words; blank for that of the claim.
        side: Whose.
        above: It must exceed this; None for no bound.
        below: It must stay under this; None for no bound.
        on: The data, as for :class:`Better`.

    Raises:
        InputError: There is no bound at all.
    """

    measure: str
    statement: str = ""
    side: str = "method"
    above: float | None = None
    below: float | None = None
    on: str = ""

    def __post_init__(self) -> None:
        """A check that cannot fail is none."""
        if self.above is None and self.below is None:
            raise InputError(f"the check of {self.measure!r} needs a bound: above, below or both")

    @property
    def bounds(self) -> str:
        """In words."""
        found = (("above", self.above), ("below", self.below))
        return " and ".join(f"{word} {bound:g}" for word, bound in found if bound is not None)

    def decide(self, seeds: Sequence[Figures]) -> "Finding":
        """What the seeds say: it holds with all of them, or it fails."""
        values = [figure(one, self.side, self.measure) for one in seeds]
        low, high = min(values), max(values)
        inside = (self.above is None or low > self.above) and (self.below is None or high < self.below)
        return Finding(
            self, tuple(values), (), float(np.mean(values)), low, high, Verdict.HOLDS if inside else Verdict.FAILS
        )


@dataclass(frozen=True)
class Finding:
    """What the seeds said about one check.

    Attributes:
        check: The check.
        values: Of its side, one per seed.
        against: Of the side it is compared with; none where it is compared with bounds.
        mean: Of the paired differences, positive when the side is better; of the values where there are bounds.
        low: Lower end of the 95 % t-interval of the differences, or the smallest value.
        high: Upper end, or the largest value.
        verdict: What follows.
    """

    check: Better | Within
    values: tuple[float, ...]
    against: tuple[float, ...]
    mean: float
    low: float
    high: float
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What should come out.

    Attributes:
        statement: The claim in words.
        checks: What it means for the figures; all must hold.
        minutes: What the ``small`` setting takes on 2 cores.
        seeds: Runs of each side, two or more.

    Raises:
        InputError: Something is left blank, or one seed, of which there is no interval.
    """

    statement: str
    checks: tuple[Better | Within, ...]
    minutes: float
    seeds: int = 3

    def __post_init__(self) -> None:
        blank = [name for name in ("statement", "checks", "minutes") if not getattr(self, name)]
        if blank:
            raise InputError(f"a claim must say its {', '.join(blank)}")
        if self.seeds < 2:
            raise InputError(f"a claim needs two or more seeds, got {self.seeds}")

    def decide(self, seeds: Sequence[Figures]) -> tuple[Finding, ...]:
        """What the seeds say about every check.

        Raises:
            InputError: Fewer than two seeds, or a check is about something that was not measured or is not finite.
        """
        if len(seeds) < 2:
            raise InputError(f"a verdict needs two or more seeds, got {len(seeds)}")
        return tuple(check.decide(seeds) for check in self.checks)


def verdict_of(findings: Sequence[Finding]) -> Verdict:
    """The worst of all checks: a claim holds when every one of them does."""
    return max((one.verdict for one in findings), key=list(Verdict).index)


def figure(figures: Figures, side: str, measure: str) -> float:
    """One measured value.

    Raises:
        InputError: There is none of that name, or it is not finite; the message lists what there is.
    """
    if side not in figures:
        raise InputError(f"the claim is about the side {side!r}; there are: {', '.join(figures)}")
    if measure not in figures[side]:
        raise InputError(f"the claim is about {measure!r}; measured of {side!r} were {', '.join(figures[side])}")
    value = float(figures[side][measure])
    if not math.isfinite(value):
        raise InputError(f"a verdict needs finite values, and {measure!r} of {side!r} is {value}")
    return value
