"""Every file of papers/, found by scanning: a red test here says what to mend in which file."""

import re
import types
from dataclasses import replace

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.experiments.check import prepare_job
from counterpoint.experiments.claim import Better, Claim, Paper, Setting, Wing, Within
from counterpoint.experiments.claims_page import claims_page
from counterpoint.experiments.experiment import Experiment
from counterpoint.experiments.paper_file import PaperFile
from counterpoint.experiments.record import claims_folder
from counterpoint.experiments.reproduce import measure
from counterpoint.experiments.source import load_data
from counterpoint.papers import all_papers, paper_named
from counterpoint.training import train

ERROR = Claim(statement="It is exact.", checks=(Within(measure="error", below=1e-6),), minutes=1)
PAPERS = {one.file.name: one for one in all_papers()}


@pytest.fixture(params=PAPERS)
def one(request) -> PaperFile:
    return PAPERS[request.param]


def test_there_are_papers():
    assert "dcl.py" in PAPERS


def test_a_paper_is_found_by_its_short_name_in_any_case(one):
    assert paper_named(one.paper.short.swapcase()).file == one.file
    with pytest.raises(InputError, match=f"no paper 'nobody'; there are: .*{re.escape(one.paper.short)}"):
        paper_named("nobody")


def test_it_can_be_cited(one):
    entry = one.paper.bibtex()
    assert re.fullmatch(r"@misc\{[a-z0-9-]+,\n(  \w+ = \{.+\},\n)+\}", entry), entry
    assert {"title", "author", "year", "note"} == set(re.findall(r"^  (\w+) =", entry, re.MULTILINE))
    assert 1900 < one.paper.year < 2100
    assert re.match(r"(arXiv:\d{4}\.\d{4,5}|doi:10\.)", one.paper.identifier), one.paper.identifier


@pytest.mark.parametrize("setting", Setting)
def test_every_setting_is_experiments_that_fit_each_other(one, setting):
    if one.sides is None:
        return
    sides = one.sides(setting)
    assert all(isinstance(experiment, Experiment) for experiment in sides.values())
    recipes = [experiment.recipe for experiment in sides.values()]
    assert all(a != b for i, a in enumerate(recipes) for b in recipes[:i]), "two sides are the same experiment"
    assert len({experiment.data for experiment in sides.values()}) == 1, "sides must be judged on the same data"
    if setting is Setting.TINY:
        assert all(recipe.training.steps == 1 for recipe in recipes)


def test_its_tiny_setting_trains_every_parameter(one, tmp_path):
    for side, experiment in ({} if one.sides is None else one.sides(Setting.TINY)).items():
        data = load_data(experiment.data)
        method = prepare_job(experiment.recipe, data, judge=True, warn=lambda text: None)
        before = {name: parameter.detach().clone() for name, parameter in method.named_parameters()}
        result = train(method, data.train, experiment.recipe.training, tmp_path / side)
        assert result.steps == 1
        untouched = [
            name
            for name, parameter in method.named_parameters()
            if parameter.requires_grad and (parameter.grad is None or torch.equal(parameter.detach(), before[name]))
        ]
        assert untouched == [], side


def test_its_tiny_setting_measures_what_it_claims(one):
    """Every check finds its figures; that the same seed gives them again is what makes a record worth keeping."""
    figures = measure(one, Setting.TINY, 0)
    assert one.claim.decide([figures, figures])
    if one.trial is not None:
        assert one.trial(Setting.TINY, 0) == figures, "a trial must be a function of its seed"


def test_the_page_of_claims_is_up_to_date():
    folder = claims_folder()
    assert folder is not None
    shown = (folder.parent / "docs" / "claims.md").read_text()
    assert shown == claims_page(all_papers(), folder), "make it again: counterpoint papers --markdown > docs/claims.md"


def test_every_record_is_that_of_a_paper():
    folder = claims_folder()
    assert folder is not None
    kept = (Setting.SMALL, Setting.FULL)  # one step of the tiny setting says nothing
    papers = {f"{one.paper.short.lower()}-{setting}.json" for one in PAPERS.values() for setting in kept}
    assert {path.name for path in folder.glob("*.json")} <= papers


def module(**parts) -> types.ModuleType:
    made = types.ModuleType("toy")
    made.__file__ = "papers/toy.py"
    whole = {
        "paper": Paper(
            short="Toy",
            title="T",
            authors="A",
            year=2000,
            identifier="arXiv:0",
            wing=Wing.OBJECTIVES,
            implements="i",
            deviates="d",
        ),
        "claim": Claim(statement="s", checks=(Better(measure="knn_accuracy"),), minutes=1),
        "method": lambda setting: None,
        "baseline": lambda setting: None,
    }
    for name, part in {**whole, **parts}.items():
        if part is not None:
            setattr(made, name, part)
    return made


def test_a_whole_file_is_read():
    assert PaperFile.of(module()).paper.short == "Toy"


@pytest.mark.parametrize("part", ["paper", "claim", "method", "baseline"])
@pytest.mark.parametrize("wrong", [None, 3])
def test_a_file_that_lacks_something_is_named(part, wrong):
    with pytest.raises(InputError, match=rf"papers/toy\.py must define {part} \(a .*found {type(wrong).__name__}"):
        PaperFile.of(module(**{part: wrong}))


def test_a_trial_stands_in_for_experiments():
    file = PaperFile.of(module(method=None, baseline=None, trial=lambda setting, seed: {"method": {"error": 0.0}}))
    assert file.sides is None
    assert measure(replace(file, claim=ERROR), Setting.TINY, 0) == {"method": {"error": 0.0}}
    with pytest.raises(
        InputError, match=r"papers/toy\.py must define a trial, or experiments to compare, and has both"
    ):
        PaperFile.of(module(trial=lambda setting, seed: {}))
    with pytest.raises(InputError, match=r"papers/toy\.py must define trial \(a function of a Setting and a seed"):
        PaperFile.of(module(method=None, baseline=None, trial=3))


def test_two_papers_of_one_name_are_refused(monkeypatch):
    monkeypatch.setattr(
        "counterpoint.papers.pkgutil.iter_modules", lambda path: [types.SimpleNamespace(name="dcl")] * 2
    )
    with pytest.raises(InputError, match="both have the short name 'DCL'"):
        all_papers()
