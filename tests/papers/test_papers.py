"""Every file of papers/, found by scanning: a red test here says what to mend in which file."""

import re
import types

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.experiments.check import prepare_job
from counterpoint.experiments.claim import Claim, Experiment, Paper, PaperFile, Setting, Verdict
from counterpoint.experiments.record import claims_folder
from counterpoint.experiments.reproduce import reproduce, run_experiment
from counterpoint.experiments.source import load_data
from counterpoint.papers import all_papers, paper_named
from counterpoint.training import train

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
def test_every_setting_is_an_experiment_that_fits_itself(one, setting):
    method, baseline = one.method(setting), one.baseline(setting)
    assert isinstance(method, Experiment)
    assert isinstance(baseline, Experiment)
    assert method != baseline, "method and baseline are the same experiment"
    assert method.data == baseline.data, "method and baseline must be judged on the same data"
    if setting is Setting.TINY:
        assert method.recipe.training.steps == baseline.recipe.training.steps == 1


@pytest.mark.parametrize("side", ["method", "baseline"])
def test_its_tiny_setting_trains_every_parameter(one, side, tmp_path):
    experiment = getattr(one, side)(Setting.TINY)
    data = load_data(experiment.data)
    method = prepare_job(experiment.recipe, data, judge=True, warn=lambda text: None)
    before = {name: parameter.detach().clone() for name, parameter in method.named_parameters()}
    result = train(method, data.train, experiment.recipe.training, tmp_path)
    assert result.steps == 1
    untouched = [
        name
        for name, parameter in method.named_parameters()
        if parameter.requires_grad and (parameter.grad is None or torch.equal(parameter.detach(), before[name]))
    ]
    assert untouched == []


def test_what_it_claims_is_measured(one):
    measured = [found.measure for found in run_experiment(one.method(Setting.TINY))]
    assert one.claim.measure in measured


def module(**parts) -> types.ModuleType:
    made = types.ModuleType("toy")
    made.__file__ = "papers/toy.py"
    whole = {
        "paper": Paper(
            short="Toy", title="T", authors="A", year=2000, identifier="arXiv:0", implements="i", deviates="d"
        ),
        "claim": Claim(measure="knn_accuracy", statement="s", cost="c"),
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


def test_two_papers_of_one_name_are_refused(monkeypatch):
    monkeypatch.setattr(
        "counterpoint.papers.pkgutil.iter_modules", lambda path: [types.SimpleNamespace(name="dcl")] * 2
    )
    with pytest.raises(InputError, match="both have the short name 'DCL'"):
        all_papers()


@pytest.mark.claims
def test_its_claim_is_not_refuted(one):
    """Minutes each; leaves the result in claims/, where ``counterpoint papers`` reads it."""
    assert reproduce(one, Setting.SMALL, claims=claims_folder()).verdict is not Verdict.FAILS
