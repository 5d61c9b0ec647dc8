"""One run, what is tuned, and what a candidate is measured to cost."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from counterpoint.base.errors import CheckpointError, DivergedError, MissingExtraError
from counterpoint.encoders import LearnableTemperature
from counterpoint.experiments.compare import ContentContest
from counterpoint.experiments.compare.folder import Lines
from counterpoint.experiments.compare.probe import measure_costs
from counterpoint.experiments.compare.run import train_and_score
from counterpoint.experiments.compare.scoring import score
from counterpoint.experiments.compare.space import space_of, with_values
from counterpoint.experiments.compare.tuning import best_trial, run_trial
from counterpoint.experiments.judge import System
from counterpoint.experiments.presets import with_training
from counterpoint.objectives import InfoNCE, SigLIP, VICReg


@pytest.fixture
def recipe(base):
    return with_training(base, steps=12)


def test_being_judged_on_the_way_changes_nothing(recipe, grounds):
    seen: list[tuple[int, float]] = []

    def look(step: int, value: float) -> bool:
        seen.append((step, value))
        return False

    judged = train_and_score(recipe, grounds.tuning, give_up=look)
    plain = train_and_score(recipe, grounds.tuning)
    assert [step for step, _ in seen] == [4, 8]
    assert judged.rungs == tuple(seen)
    assert judged.value == plain.value
    assert np.array_equal(judged.per_example, plain.per_example)
    assert (judged.steps, judged.pruned) == (12, False)


def test_given_up_it_stops_there(recipe, grounds):
    ran = train_and_score(recipe, grounds.tuning, give_up=lambda step, value: step >= 8)
    assert (ran.steps, ran.pruned) == (8, True)
    assert ran.value == ran.rungs[-1][1]


def test_rate_and_temperature_are_tuned_between_stated_bounds(recipe):
    rate, temperature = space_of(replace(recipe, objective=InfoNCE(temperature=0.05)))
    assert (rate.name, rate.low, rate.usual, rate.high) == ("learning_rate", 3e-4, 3e-3, 3e-2)
    assert (temperature.name, temperature.low, temperature.high) == ("temperature", 0.01, 0.25)
    assert [one.name for one in space_of(replace(recipe, objective=VICReg()))] == ["learning_rate"]
    assert [one.name for one in space_of(replace(recipe, objective=SigLIP()))] == ["learning_rate", "scale"]
    learnt = replace(recipe, objective=InfoNCE(), temperature=LearnableTemperature())
    assert [one.name for one in space_of(learnt)] == ["learning_rate"]


def test_values_reach_the_recipe(recipe):
    tuned = with_values(replace(recipe, objective=InfoNCE()), {"learning_rate": 0.02, "temperature": 0.3})
    assert tuned.training.optimiser.learning_rate == 0.02
    assert tuned.objective == InfoNCE(temperature=0.3)
    assert replace(tuned, objective=recipe.objective, training=recipe.training) == recipe


def test_tuning_begins_with_the_usual_and_takes_the_best(bench, grounds, tmp_path):
    candidate = bench.request.candidates[1]
    candidate = replace(candidate, recipe=with_training(candidate.recipe, steps=6))
    lines = Lines(tmp_path / "trials.jsonl")
    for number in range(5):
        assert run_trial(candidate, ContentContest(grounds), lines, number) is not None
    assert run_trial(candidate, ContentContest(grounds), lines, 2) is None
    tuned = best_trial(candidate, lines)
    trials = lines.where(candidate="learns")
    assert trials[0]["values"] == {one.name: one.usual for one in space_of(candidate.recipe)}
    assert len({one["values"]["learning_rate"] for one in trials}) == 5
    assert tuned is not None
    assert tuned.validation == max(one["value"] for one in trials if one["state"] == "complete")
    space = {one.name: one for one in space_of(candidate.recipe)}
    assert all(space[name].low <= value <= space[name].high for one in trials for name, value in one["values"].items())


def test_a_hopeless_trial_is_given_up(bench, grounds, tmp_path):
    """Trials before were far better at the first rung, so the next one is below their median there."""
    candidate = bench.request.candidates[1]
    candidate = replace(candidate, recipe=with_training(candidate.recipe, steps=9))
    usual = {one.name: one.usual for one in space_of(candidate.recipe)}
    lines = Lines(tmp_path / "trials.jsonl")
    for number in range(3):
        lines.add({
            "candidate": "learns", "trial": number, "values": usual, "state": "complete", "value": 1.0,
            "rungs": [[3, 1.0], [6, 1.0]], "steps": 9, "seconds": 1.0,
        })  # fmt: skip
    run_trial(candidate, ContentContest(grounds), lines, 3)
    last = lines.where(candidate="learns")[-1]
    assert (last["state"], last["steps"]) == ("pruned", 3)


def test_costs_are_measured_and_a_larger_encoder_holds_more(recipe, grounds):
    small = measure_costs(recipe, grounds)
    large = measure_costs(replace(recipe, encoder=replace(recipe.encoder, hidden=(4096,))), grounds, judging=0.5)
    # 24 x 4096 + 4096 x 128 numbers of four bytes: weights, gradients and two moments.
    assert large.peak_bytes - small.peak_bytes > 3 * 4 * (24 * 4096 + 4096 * 128)
    assert large.validate == 0.5 * grounds.tuning.rows
    assert large.test == 0.5 * grounds.test.rows
    assert 0 < small.step < 5


def test_embeddings_that_are_not_finite_are_astray(grounds):
    def broken(content):
        return np.full((len(content), 3), np.nan)

    with pytest.raises(DivergedError, match="not finite"):
        score(System("broken", broken, broken, broken), grounds.test)


def test_lines_are_kept_whole_and_damage_is_said(tmp_path):
    path = tmp_path / "lines.jsonl"
    lines = Lines(path)
    lines.add({"candidate": "a", "seed": 0, "value": 0.1 + 0.2})
    lines.add({"candidate": "b", "seed": 0})
    assert Lines(path).where(candidate="a") == [{"candidate": "a", "seed": 0, "value": 0.1 + 0.2}]
    assert len(Lines(path).where(seed=0)) == 2
    path.write_text(path.read_text() + '{"candidate": ')
    with pytest.raises(CheckpointError, match="damaged"):
        Lines(path)


def test_without_optuna_the_extra_is_named_before_anything_runs(bench, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtraError, match=r"counterpoint\[compare\]"):
        bench.run(tmp_path / "none")
    assert not (tmp_path / "none").exists()
