"""From end to end: who wins, that a kill changes nothing, and that a folder holds one comparison only."""

import json
from dataclasses import replace

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.experiments.compare import Candidate, CompareFolder
from counterpoint.experiments.compare.run import train_and_score
from counterpoint.experiments.load_recipe import load_recipe
from counterpoint.training import SGD


class Killed(Exception):
    """As if the process had died."""


def lines(path) -> list[dict]:
    found = [json.loads(line) for line in path.read_text().splitlines()]
    return [{name: value for name, value in one.items() if name != "seconds"} for one in found]


def test_the_better_one_is_found_and_twins_are_not_told_apart(finished):
    verdict = finished[1].verdict
    rows = {one.candidate: one for one in verdict.rows}
    assert verdict.rows[-1].candidate == "spread"
    assert not rows["spread"].tied
    assert rows["learns"].tied
    assert rows["twin"].tied
    assert rows["learns"].seeds == rows["twin"].seeds
    said = " ".join(verdict.sentences)
    assert "Significantly worse: spread." in said
    assert "Not significantly different" in said
    assert "Holm" in said
    assert verdict.examples == 150


def test_everybody_got_the_same(finished, bench):
    folder, result = finished
    trials, runs = lines(CompareFolder(folder).trials), lines(CompareFolder(folder).runs)
    for candidate in bench.request.candidates:
        own = [one for one in trials if one["candidate"] == candidate.name]
        assert [one["trial"] for one in own] == [0, 1]
        assert [one["seed"] for one in runs if one["candidate"] == candidate.name] == [0, 1, 2]
        assert all(one["steps"] == 15 for one in own if one["state"] == "complete")
    assert {one["steps"] for one in runs} == {15}
    rates = {one["candidate"]: one["values"]["learning_rate"] for one in trials if one["trial"] == 1}
    assert len(set(rates.values())) == 1, "random trials stand at the same place for everybody"
    assert all(cost.peak_bytes > 10_000 and cost.step > 0 for cost in result.plan.costs.values())


def test_the_recommended_recipe_gives_what_the_table_says(finished, bench):
    folder, result = finished
    best = result.verdict.rows[0]
    recipe = load_recipe(CompareFolder(folder).recipe)
    assert recipe == result.recommended
    assert train_and_score(recipe, bench.grounds.test).value == best.seeds[0]
    assert recipe.training.optimiser.learning_rate == best.values["learning_rate"]


@pytest.mark.parametrize("after", [1, 9])
def test_killed_and_run_again_comes_out_the_same(finished, bench, tmp_path, after):
    whole, result = CompareFolder(finished[0]), finished[1]
    said: list[str] = []

    def die(text: str) -> None:
        said.append(text)
        if len([one for one in said if "trial" in one or "test with" in one]) == after:
            raise Killed

    with pytest.raises(Killed):
        bench.run(tmp_path / "broken", say=die)
    broken = CompareFolder(tmp_path / "broken")
    assert not broken.verdict.exists()
    again: list[str] = []
    found = bench.run(broken.path, say=again.append)
    assert len(again) == 15 - after, "what was finished was not run again"
    assert lines(broken.trials) == lines(whole.trials)
    assert lines(broken.runs) == lines(whole.runs)
    assert broken.recipe.read_text() == whole.recipe.read_text()
    for mine, theirs in zip(found.verdict.differences, result.verdict.differences, strict=True):
        assert mine.corrected == theirs.corrected


def test_finished_it_runs_nothing_and_says_the_same(finished, bench):
    folder, result = finished
    said: list[str] = []
    again = bench.run(folder, say=said.append)
    assert said == []
    assert again.verdict == result.verdict


def test_a_folder_of_another_comparison_is_refused(finished, bench):
    other = replace(bench.request, seeds=(0, 1))
    with pytest.raises(InputError, match="holds another comparison"):
        bench.run(finished[0], request=other)


def test_who_goes_astray_is_left_out_with_the_reason(bench, tmp_path):
    learning = bench.request.candidates[1]
    training = replace(learning.recipe.training, optimiser=SGD(learning_rate=1e30))
    wild = Candidate(name="wild", recipe=replace(learning.recipe, training=training))
    request = replace(bench.request, candidates=(learning, wild), steps=6, trials=2, seeds=(0,))
    verdict = bench.run(tmp_path / "astray", request=request).verdict
    assert [one.candidate for one in verdict.rows] == ["learns"]
    (out,) = verdict.left_out
    assert out.name == "wild"
    assert "astray" in out.reason
    with pytest.raises(InputError, match="every candidate went astray: wild"):
        bench.run(tmp_path / "nobody", request=replace(request, candidates=(wild,)))


def test_tuning_never_saw_a_test_row(bench, data):
    tuning, test = bench.grounds.tuning, bench.grounds.test
    kept = {row.tobytes() for row in np.asarray(test.asked.anchor)}
    learnt, judged = tuning.data.train, tuning.data.test
    everything = [*learnt.batch(range(len(learnt))).anchor.numpy(), *judged.batch(range(len(judged))).anchor.numpy()]
    assert len(everything) == len(data.train)
    assert not kept & {row.tobytes() for row in everything}
