"""A claim about a toy: its runs, its record, and how the record goes stale."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data import Supervision
from counterpoint.encoders import MLP
from counterpoint.experiments.claim import Claim, Experiment, Paper, PaperFile, Setting, Verdict, decide
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.record import read_record, standing
from counterpoint.experiments.reproduce import reproduce, run_experiment
from counterpoint.experiments.source import DataSource
from counterpoint.experiments.sources import HOUSE, fingerprint_sources, sources_of
from counterpoint.objectives import SupCon
from counterpoint.training import AdamW, TrainSettings

PAPER = Paper(
    short="Toy", title="T", authors="A", year=2000, identifier="none", implements="nothing", deviates="everywhere"
)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> str:
    """Four classes along two narrow features among ten wide ones."""
    random = np.random.default_rng(0)
    label = np.arange(160) % 4
    vector = random.normal(size=(160, 12))
    vector[:, 0], vector[:, 1] = (label % 2 - 0.5) * 1.5, (label // 2 - 0.5) * 1.5
    vector[:, :2] += random.normal(size=(160, 2)) * 0.2
    path = tmp_path_factory.mktemp("claim") / "data.npz"
    np.savez(path, vector=vector.astype(np.float32), label=label)
    return str(path)


@pytest.fixture
def toy(data, tmp_path) -> PaperFile:
    def experiment(steps: int, rate: float) -> Experiment:
        recipe = Recipe(
            encoder=MLP(hidden=(16,), dim=4), objective=SupCon(), supervision=Supervision.LABELS,
            training=TrainSettings(steps=steps, batch_size=32, optimiser=AdamW(learning_rate=rate)),
        )  # fmt: skip
        return Experiment(recipe=recipe, data=DataSource(data=data, test_fraction=0.4))

    def method(setting: Setting) -> Experiment:
        return experiment(60 if setting is Setting.SMALL else 2, 1e-2)

    def baseline(setting: Setting) -> Experiment:
        return experiment(2, 1e-9)

    file = tmp_path / "toy.py"
    file.write_text("from counterpoint.objectives import SupCon\n")
    claim = Claim(measure="knn_accuracy", statement="Training helps.", cost="none", seeds=3)
    return PaperFile(PAPER, claim, method, baseline, file)


def test_a_claim_that_holds_is_seen_to_hold(toy, tmp_path):
    said: list[str] = []
    result = reproduce(toy, Setting.SMALL, say=said.append, claims=tmp_path / "claims")
    assert result.verdict is Verdict.HOLDS
    assert [line.split(":")[0] for line in said] == [
        f"seed {seed}, {side}" for seed in range(3) for side in ("method", "baseline")
    ]
    assert said[0].endswith(f"knn_accuracy {result.method[0]:.4f}")
    assert result == decide(toy.claim, result.method, result.baseline, greater_is_better=True)
    alone = run_experiment(toy.method(Setting.SMALL).seeded(1))
    assert result.method[1] == next(one.rows[0].value for one in alone if one.measure == "knn_accuracy")
    record = read_record(toy, Setting.SMALL, tmp_path / "claims")
    assert record is not None
    assert (record.paper, record.setting, record.measure) == ("Toy", Setting.SMALL, "knn_accuracy")
    assert record.result == result
    assert {"python", "torch", "numpy"} <= set(record.versions)
    assert record.commit is None or len(record.commit.removesuffix("+")) == 40
    assert read_record(toy, Setting.TINY, tmp_path / "claims") is None


def test_a_record_shows_that_it_is_stale(toy, tmp_path):
    claims = tmp_path / "claims"
    assert standing(toy, claims) == "not run"
    assert standing(toy, None) == "not run"
    small = replace(toy, method=lambda setting: toy.method(Setting.TINY), claim=replace(toy.claim, seeds=2))
    verdict = reproduce(small, Setting.SMALL, claims=claims).verdict.value
    assert standing(toy, claims) == verdict
    toy.file.write_text("from counterpoint.objectives import SupCon, CLIP\n")
    assert standing(toy, claims) == f"{verdict} (stale)"
    (claims / "toy-small.json").write_text(json.dumps({"paper": "Toy"}))
    with pytest.raises(InputError, match=r"toy-small\.json does not hold a record"):
        standing(toy, claims)


def test_nothing_is_written_unasked(toy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.rglob("*"))
    reproduce(replace(toy, claim=replace(toy.claim, seeds=2)), Setting.TINY)
    assert set(tmp_path.rglob("*")) == before


def test_a_claim_about_what_is_not_measured_is_refused(toy, tmp_path):
    wrong = replace(toy, claim=replace(toy.claim, measure="knn accuracy"))
    with pytest.raises(InputError, match="about 'knn accuracy'; measured were knn_accuracy, "):
        reproduce(wrong, Setting.TINY, claims=tmp_path / "claims")
    assert not (tmp_path / "claims").exists()


def test_an_experiment_must_hold_something_out(toy):
    experiment = toy.baseline(Setting.TINY)
    experiment = replace(experiment, data=replace(experiment.data, test_fraction=0.0))
    with pytest.raises(InputError, match="holds nothing out"):
        run_experiment(experiment)


def test_where_to_keep_it_is_checked_before_anything_runs(toy, tmp_path):
    (tmp_path / "claims").write_text("a file")
    said: list[str] = []
    with pytest.raises(InputError, match=r"a folder is expected, and .*claims is a file"):
        reproduce(toy, Setting.TINY, claims=tmp_path / "claims", say=said.append)
    assert said == []


def names(files) -> set[str]:
    return {path.relative_to(HOUSE).as_posix() for path in sources_of(files) if path.is_relative_to(HOUSE)}


def test_only_what_is_imported_counts(tmp_path):
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    one.write_text("from counterpoint.objectives import SupCon\n")
    other.write_text("def late():\n    import counterpoint.objectives.ranking as r\n    return r\n")
    assert "objectives/supervised.py" in names([one])
    assert "pairwise/contract.py" in names([one]), "imports of imports"
    assert "objectives/ranking.py" not in names([one]), "the package hands it on, but nobody asked for it"
    assert "objectives/__init__.py" not in names([one])
    assert "objectives/ranking.py" in names([other]), "also inside a function"
    assert not any(
        name.startswith(("cli/", "papers/", "experiments/report"))
        for name in names([HOUSE / "experiments/reproduce.py"])
    )
    assert {"experiments/judge.py", "evaluation/knn.py", "training/step.py", "data/sets/digits.py"} <= names(
        [HOUSE / "experiments/reproduce.py"]
    )


def test_a_fingerprint_follows_contents_not_places(tmp_path: Path):
    path = tmp_path / "one.py"
    path.write_text("x = 1\n")
    first = fingerprint_sources([path])
    (tmp_path / "elsewhere").mkdir()
    moved = tmp_path / "elsewhere" / "one.py"
    moved.write_text("x = 1\n")
    assert fingerprint_sources([moved]) == first
    path.write_text("x = 2\n")
    assert fingerprint_sources([path]) != first
