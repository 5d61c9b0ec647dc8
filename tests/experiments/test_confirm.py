"""A stale record stands again where one of its seeds comes out as it was kept, and only there."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from counterpoint.base.errors import InputError
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.confirm import confirm
from counterpoint.experiments.paper_file import PaperFile
from counterpoint.experiments.record import Record, read_record, standing
from counterpoint.experiments.reproduce import reproduce

PAPER = Paper(
    short="Toy", title="T", authors="A", year=2000, identifier="none", wing=Wing.OBJECTIVES,
    implements="nothing", deviates="everywhere.",
)  # fmt: skip
CLAIM = Claim(statement="It is better.", checks=(Better(measure="score"),), minutes=0.1, seeds=4)


def trial(setting: Setting, seed: int) -> Figures:
    return {"method": {"score": 1.0 + seed / 7, "other": float("nan")}, "baseline": {"score": seed / 9}}


@pytest.fixture
def toy(tmp_path) -> PaperFile:
    file = tmp_path / "toy.py"
    file.write_text("from counterpoint.objectives import SupCon\n")
    return PaperFile(PAPER, CLAIM, file, trial=trial)


@pytest.fixture
def claims(toy, tmp_path) -> Path:
    reproduce(toy, Setting.SMALL, claims=tmp_path / "claims")
    toy.file.write_text("from counterpoint.objectives import InfoNCE\n")
    return tmp_path / "claims"


def record_of(toy: PaperFile, claims: Path) -> Record:
    record = read_record(toy, Setting.SMALL, claims)
    assert record is not None
    return record


def counted(asked: list[int], **changed: float) -> Callable[[Setting, int], Figures]:
    def again(setting: Setting, seed: int) -> Figures:
        asked.append(seed)
        figures = {side: {**measures} for side, measures in trial(setting, seed).items()}
        figures["method"].update(changed)
        return figures

    return again


def test_one_seed_lets_all_stand(toy, claims):
    assert standing(toy, claims) == "holds (stale)"
    before = record_of(toy, claims)
    asked: list[int] = []
    assert confirm(replace(toy, trial=counted(asked)), Setting.SMALL, claims=claims) == ()
    after = record_of(toy, claims)
    assert standing(toy, claims) == "holds"
    assert before.confirmed is None
    assert asked == [after.confirmed]
    kept = [one["method"]["score"] for one in after.figures]
    assert kept == [one["method"]["score"] for one in before.figures]
    assert (after.findings, after.seconds) == (before.findings, before.seconds)
    assert after.fingerprint != before.fingerprint


def test_a_record_of_these_sources_is_not_run_again(toy, claims):
    reproduce(toy, Setting.SMALL, claims=claims)
    asked: list[int] = []
    assert confirm(replace(toy, trial=counted(asked)), Setting.SMALL, claims=claims) == ()
    other = replace(toy, claim=replace(CLAIM, checks=(Better(measure="score", by=9.0),)), trial=counted(asked))
    assert confirm(other, Setting.SMALL, claims=claims) == ()
    assert standing(other, claims) == "does not hold here"
    assert asked == []


@pytest.mark.parametrize("changed", [{"score": 1.01}, {"score": 1.001}, {"other": 0.5}])
def test_another_figure_leaves_it_stale(toy, claims, changed):
    before = (claims / "toy-small.json").read_bytes()
    differing = confirm(replace(toy, trial=counted([], **changed)), Setting.SMALL, claims=claims)
    name, value = next(iter(changed.items()))
    assert len(differing) == 1
    assert f"method: {name} was" in differing[0]
    assert differing[0].endswith(f"and is {value:.6g}")
    assert (claims / "toy-small.json").read_bytes() == before
    assert standing(toy, claims) == "holds (stale)"


def test_a_measure_that_is_gone_differs(toy, claims):
    def less(setting: Setting, seed: int) -> Figures:
        return {"method": {"score": 1.0 + seed / 7}, "baseline": {"score": seed / 9}}

    (differing,) = confirm(replace(toy, trial=less), Setting.SMALL, claims=claims)
    assert differing.endswith("method: other is not measured any more")


def test_rounding_does_not_differ(toy, claims):
    def rounded(setting: Setting, seed: int) -> Figures:
        sides = trial(setting, seed).items()
        return {side: {name: value * (1 + 1e-5) for name, value in one.items()} for side, one in sides}

    assert confirm(replace(toy, trial=rounded), Setting.SMALL, claims=claims) == ()


def test_without_a_record_there_is_nothing_to_confirm(toy, tmp_path):
    with pytest.raises(InputError, match="Toy has no record of the setting small"):
        confirm(toy, Setting.SMALL, claims=tmp_path / "none")


def test_more_seeds_or_figures_than_were_kept_are_asked_for_before_a_seed_is_run(toy, claims):
    asked: list[int] = []
    more = replace(toy, claim=replace(CLAIM, seeds=5), trial=counted(asked))
    with pytest.raises(InputError, match="the record of Toy has 4 of 5 seeds"):
        confirm(more, Setting.SMALL, claims=claims)
    other = replace(toy, claim=replace(CLAIM, checks=(Better(measure="new"),)), trial=counted(asked))
    with pytest.raises(InputError, match="the claim is about 'new'"):
        confirm(other, Setting.SMALL, claims=claims)
    assert asked == []
