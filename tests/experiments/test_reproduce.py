"""A claim about a toy: its runs, its record, and how the record goes stale."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data import Supervision
from counterpoint.encoders import MLP
from counterpoint.experiments.claim import Better, Claim, Paper, Setting, Verdict, Wing, Within, verdict_of
from counterpoint.experiments.claims_page import claims_page
from counterpoint.experiments.experiment import Experiment, run_experiment
from counterpoint.experiments.paper_file import PaperFile
from counterpoint.experiments.published import Published
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.record import read_record, standing, write_record
from counterpoint.experiments.reproduce import reproduce
from counterpoint.experiments.source import DataSource
from counterpoint.experiments.sources import HOUSE, fingerprint_sources, sources_of
from counterpoint.objectives import SupCon
from counterpoint.training import AdamW, TrainSettings

PAPER = Paper(
    short="Toy", title="T", authors="A", year=2000, identifier="none", wing=Wing.OBJECTIVES,
    implements="nothing", deviates="everywhere.",
)  # fmt: skip


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

    def sides(setting: Setting) -> dict[str, Experiment]:
        steps = 60 if setting is Setting.SMALL else 2
        return {"method": experiment(steps, 1e-2), "baseline": experiment(2, 1e-9)}

    file = tmp_path / "toy.py"
    file.write_text("from counterpoint.objectives import SupCon\n")
    claim = Claim(statement="Training helps.", checks=(Better(measure="knn_accuracy"),), minutes=0.1, seeds=3)
    return PaperFile(PAPER, claim, file, sides=sides)


def test_a_claim_that_holds_is_seen_to_hold(toy, tmp_path):
    said: list[str] = []
    findings = reproduce(toy, Setting.SMALL, say=said.append, claims=tmp_path / "claims")
    assert verdict_of(findings) is Verdict.HOLDS
    assert [line.split(":")[0] for line in said] == [f"seed {seed}, method" for seed in range(3)]
    assert said[0].endswith(f"knn_accuracy {findings[0].values[0]:.4g}")
    alone = run_experiment(toy.sides(Setting.SMALL)["method"].seeded(1))
    assert findings[0].values[1] == alone.figures["knn_accuracy"]
    assert {"uniformity", "effective_rank", "spread"} <= set(alone.figures)
    record = read_record(toy, Setting.SMALL, tmp_path / "claims")
    assert record is not None
    assert (record.paper, record.setting, record.findings) == ("Toy", Setting.SMALL, findings)
    assert toy.claim.decide(record.figures) == findings
    assert {"python", "torch", "numpy"} <= set(record.versions)
    assert record.seconds > 0
    assert record.commit is None or len(record.commit.removesuffix("+")) == 40
    assert read_record(toy, Setting.TINY, tmp_path / "claims") is None


def counting(toy, *, until: int) -> tuple[PaperFile, list[int]]:
    """A trial that notes its seeds, and breaks at one of them."""
    seen: list[int] = []

    def trial(setting: Setting, seed: int) -> dict[str, dict[str, float]]:
        if seed == until:
            raise InputError("the power went")
        seen.append(seed)
        return {"method": {"error": seed / 10}}

    claim = Claim(statement="It is exact.", checks=(Within(measure="error", below=0.5),), minutes=0.1)
    return replace(toy, sides=None, trial=trial, claim=claim), seen


def test_a_run_that_was_cut_short_goes_on_where_it_was(toy, tmp_path):
    file, seen = counting(toy, until=2)
    with pytest.raises(InputError, match="the power went"):
        reproduce(file, Setting.SMALL, claims=tmp_path)
    assert standing(file, tmp_path) == "unfinished"
    file, later = counting(toy, until=9)
    assert [one.values for one in reproduce(file, Setting.SMALL, claims=tmp_path)] == [(0.0, 0.1, 0.2)]
    assert (seen, later) == ([0, 1], [2])
    assert standing(file, tmp_path) == "holds"
    reproduce(file, Setting.SMALL, claims=tmp_path)
    assert later == [2, 0, 1, 2], "asked for again, a whole run is made again"


def test_three_seeds_do_at_the_papers_own_scale_and_more_are_kept(toy, tmp_path):
    file, seen = counting(toy, until=9)
    many = replace(file, claim=replace(file.claim, seeds=7))
    reproduce(many, Setting.FULL, claims=tmp_path)
    assert seen == [0, 1, 2]
    assert standing(many, tmp_path, setting=Setting.FULL) == "holds"
    record = read_record(many, Setting.FULL, tmp_path)
    assert record is not None
    write_record(replace(record, figures=(*record.figures, *record.figures), findings=()), tmp_path)
    (found,) = reproduce(many, Setting.FULL, claims=tmp_path)
    assert len(found.values) == 6, "of all that were measured"
    assert seen == [0, 1, 2], "none is measured again"
    reproduce(many, Setting.SMALL, claims=tmp_path)
    assert seen == [0, 1, 2, *range(7)]
    few = replace(file, claim=replace(file.claim, seeds=2))
    reproduce(few, Setting.FULL, claims=tmp_path / "few")
    assert seen[-2:] == [0, 1]


def test_more_seeds_and_other_checks_go_on_from_what_was_measured(toy, tmp_path):
    file, seen = counting(toy, until=9)
    reproduce(file, Setting.SMALL, claims=tmp_path)
    more = replace(file, claim=replace(file.claim, seeds=5))
    assert standing(more, tmp_path) == "holds (stale)", "two seeds are still to be done"
    assert [one.values for one in reproduce(more, Setting.SMALL, claims=tmp_path)] == [(0.0, 0.1, 0.2, 0.3, 0.4)]
    assert seen == [0, 1, 2, 3, 4]
    checks = (Within(measure="error", below=0.4),)
    stricter = replace(more, claim=replace(more.claim, statement="Nearly.", checks=checks))
    assert standing(stricter, tmp_path) == "holds (stale)", "what was found is about another check"
    assert verdict_of(reproduce(stricter, Setting.SMALL, claims=tmp_path)) is Verdict.FAILS
    assert seen == [0, 1, 2, 3, 4], "the figures were there"
    record = read_record(stricter, Setting.SMALL, tmp_path)
    assert record is not None
    assert record.statement == "Nearly."
    assert standing(stricter, tmp_path) == "does not hold here"


@pytest.mark.parametrize(
    "check",
    [Within(measure="error", side="baseline", below=1), Better(measure="error", than="baseline")],
    ids=["of another side", "against another side"],
)
def test_a_check_about_something_else_starts_over(toy, tmp_path, check):
    file, seen = counting(toy, until=9)
    reproduce(file, Setting.SMALL, claims=tmp_path)
    asks = replace(file, claim=replace(file.claim, checks=(check,)))
    with pytest.raises(InputError, match="about the side 'baseline'; there are: method"):
        reproduce(asks, Setting.SMALL, claims=tmp_path)
    assert seen == [0, 1, 2, 0], "the first seed is measured again, in case it measures more now"


def test_a_verdict_that_would_be_another_now_is_stale_and_decided_anew(toy, tmp_path):
    file, seen = counting(toy, until=9)
    (finding,) = reproduce(file, Setting.SMALL, claims=tmp_path)
    record = read_record(file, Setting.SMALL, tmp_path)
    assert record is not None
    write_record(replace(record, findings=(replace(finding, verdict=Verdict.UNDECIDED),)), tmp_path)
    assert standing(file, tmp_path) == "undecided (stale)"
    assert reproduce(file, Setting.SMALL, claims=tmp_path) == (finding,)
    assert seen == [0, 1, 2]


def test_other_packages_start_over(toy, tmp_path):
    file, seen = counting(toy, until=9)
    reproduce(file, Setting.SMALL, claims=tmp_path)
    record = read_record(file, Setting.SMALL, tmp_path)
    assert record is not None
    write_record(replace(record, figures=record.figures[:2], findings=(), versions={"python": "2.7"}), tmp_path)
    reproduce(file, Setting.SMALL, claims=tmp_path)
    assert seen == [0, 1, 2, 0, 1, 2]


def test_other_sources_start_over(toy, tmp_path):
    file, seen = counting(toy, until=2)
    with pytest.raises(InputError, match="the power went"):
        reproduce(file, Setting.SMALL, claims=tmp_path)
    toy.file.write_text("from counterpoint.objectives import CLIP\n")
    file, later = counting(toy, until=9)
    reproduce(file, Setting.SMALL, claims=tmp_path)
    assert (seen, later) == ([0, 1], [0, 1, 2])


def test_a_record_shows_that_it_is_stale(toy, tmp_path):
    claims = tmp_path / "claims"
    assert standing(toy, claims) == "not run"
    assert standing(toy, None) == "not run"
    file, _ = counting(toy, until=9)
    reproduce(file, Setting.SMALL, claims=claims)
    assert standing(file, claims) == "holds"
    toy.file.write_text("from counterpoint.objectives import SupCon, CLIP\n")
    assert standing(file, claims) == "holds (stale)"
    (claims / "toy-small.json").write_text(json.dumps({"paper": "Toy"}))
    with pytest.raises(InputError, match=r"toy-small\.json does not hold a record"):
        standing(file, claims)


def test_the_page_says_what_was_measured(toy, tmp_path):
    file, _ = counting(toy, until=9)
    assert "| [Toy](#toy) | `papers/toy.py` | nothing | not run |" in claims_page([file], tmp_path)
    reproduce(file, Setting.SMALL, claims=tmp_path)
    page = claims_page([file], tmp_path)
    assert "| [Toy](#toy) | `papers/toy.py` | nothing | holds |" in page
    assert "Claim: It is exact. **Holds.**" in page
    assert "| It is exact. | method: error 0, 0.1, 0.2 | below 0.5 | holds |" in page
    assert "later sources" not in page
    kept = read_record(file, Setting.SMALL, tmp_path)
    assert kept is not None
    write_record(replace(kept, confirmed=2), tmp_path)
    assert "Seed 2 came out the same with later sources." in claims_page([file], tmp_path)
    reproduce(replace(toy, claim=replace(toy.claim, seeds=2)), Setting.SMALL, claims=tmp_path)
    assert re.search(r"method: knn_accuracy .* \| baseline: .*; better by .* \[", claims_page([toy], tmp_path))


def test_made_and_real_data_have_verdicts_of_their_own(toy, tmp_path):
    checks = (
        Within(measure="error", below=0.5, statement="Here.", on="made data"),
        Within(measure="error", below=0.15, statement="There.", on="Cora"),
        Within(measure="error", below=0.5, statement="Anywhere."),
    )
    file, _ = counting(toy, until=9)
    file = replace(file, claim=replace(file.claim, checks=checks))
    reproduce(file, Setting.SMALL, claims=tmp_path)
    told = "does not hold here (made data: holds; Cora: does not hold here)"
    assert f"| [Toy](#toy) | `papers/toy.py` | nothing | {told} |" in claims_page([file], tmp_path)
    assert standing(file, tmp_path) == told, "the worst of all checks first"
    longer = replace(file, claim=replace(file.claim, seeds=4))
    assert standing(longer, tmp_path) == f"{told} (stale)"


def test_the_page_shows_what_the_paper_prints_beside_ours(toy, tmp_path):
    printed = Published(measure="error", value=0.25, spread=0.03, source="Table 1")
    file, _ = counting(toy, until=9)
    file = replace(file, published=(printed,))
    reproduce(file, Setting.SMALL, claims=tmp_path)
    assert "own scale" not in claims_page([file], tmp_path), "nothing was run at that scale"
    reproduce(file, Setting.FULL, claims=tmp_path)
    page = claims_page([file], tmp_path)
    assert "At the paper's own scale: **holds**." in page
    assert "| method: error | 0.25 ± 0.03 | 0.1 ± 0.1 | Table 1 |" in page


@pytest.mark.parametrize("wrong", [{"value": float("nan")}, {"spread": -1.0}, {"source": " "}])
def test_a_published_figure_is_checked(wrong):
    with pytest.raises(InputError, match="published"):
        Published(**{"measure": "error", "value": 0.25, "source": "Table 1"} | wrong)


def test_nothing_is_written_unasked(toy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.rglob("*"))
    reproduce(replace(toy, claim=replace(toy.claim, seeds=2)), Setting.TINY)
    assert set(tmp_path.rglob("*")) == before


def test_a_claim_about_what_is_not_measured_is_refused(toy, tmp_path):
    wrong = replace(toy, claim=replace(toy.claim, checks=(Better(measure="knn accuracy"),)))
    with pytest.raises(InputError, match="about 'knn accuracy'; measured of 'method' were knn_accuracy, "):
        reproduce(wrong, Setting.TINY, claims=tmp_path / "claims")
    assert not (tmp_path / "claims").exists()


def test_an_experiment_must_hold_something_out(toy):
    experiment = toy.sides(Setting.TINY)["baseline"]
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
        for name in names([HOUSE / "experiments/experiment.py"])
    )
    assert {"experiments/judge.py", "evaluation/knn.py", "training/step.py", "data/sets/digits.py"} <= names(
        [HOUSE / "experiments/experiment.py"]
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


def test_what_a_paper_says_of_itself_is_not_in_the_fingerprint(tmp_path: Path):
    path = tmp_path / "one.py"
    code = "claim = Claim(\n    minutes={minutes},\n)\nSTEPS = {steps}\n"
    path.write_text(code.format(minutes=1, steps=2))
    first = fingerprint_sources([path])
    path.write_text(code.format(minutes=30, steps=2))
    assert fingerprint_sources([path]) == first
    path.write_text(code.format(minutes=30, steps=3))
    assert fingerprint_sources([path]) != first
    path.write_text("from counterpoint.experiments.claim import Claim\n" + code.format(minutes=1, steps=2))
    assert fingerprint_sources([path]) == first, "what judges figures measures none"
    path.write_text("def late():\n    claim = 1\n" + code.format(minutes=1, steps=2))
    assert fingerprint_sources([path]) != first, "only what stands at the left edge is meant"
