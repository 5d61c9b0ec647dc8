"""After training: judge what was trained, and make the page that shows it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from counterpoint.base.content import Content, take
from counterpoint.base.spec import to_json
from counterpoint.data import Batch, SkippedRow
from counterpoint.evaluation import diagnosis
from counterpoint.experiments import report
from counterpoint.experiments.again import commands_again
from counterpoint.experiments.diagnosing import run_subject
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.judge import Comparison, System, collect, judge, model_system, raw_system
from counterpoint.experiments.judgement import write_judgement
from counterpoint.experiments.questions import questions
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.showing import showing, to_show
from counterpoint.experiments.shown_scores import shown_score
from counterpoint.experiments.similarities import similarity_samples
from counterpoint.experiments.source import Data

MAP_POINTS = 1_500
QUERIES, HITS = 6, 6


def finish_run(
    recipe: Recipe,
    data: Data,
    folder: RunFolder,
    *,
    skipped: Sequence[SkippedRow] = (),
    against: RunFolder | None = None,
) -> list[Comparison]:
    """Compare raw input, untrained and trained model on held-out examples, and diagnose the trained one.

    Writes ``evaluation.json``, ``diagnosis.json`` and the report.

    Args:
        recipe: What was trained.
        data: What it was trained on, and what was held out.
        folder: A run folder with ``initial/`` and ``model/``.
        skipped: Rows that training passed over, wherever that was found; the report lists them with those found here.
        against: Another run, judged on the same examples beside this one.

    Raises:
        InputError: The other run takes other content.
    """
    assert data.test is not None
    train, test = collect(data.train), collect(data.test)
    before = model_system("untrained", folder.encoders(folder.initial), is_model=False)
    after = model_system("trained", folder.encoders(), is_model=True)
    same_kind = recipe.other_encoder is None
    systems = [raw_system(train, data.roles.kind), before, after] if same_kind else [before, after]
    if against is not None:
        systems.append(model_system(against.path.name, against.encoders(), is_model=False))
    comparisons = judge(systems, train, test, data.roles.supervision)
    write_judgement(folder, comparisons)
    found = diagnosis.diagnose(run_subject(folder, data, against=against))
    named = "" if against is None else str(against.path)
    found = replace(found, about=replace(found.about, name=str(folder.path), against=named))
    diagnosis.write_diagnosis(folder.diagnosis, found)
    page = _page(recipe, data, folder, comparisons, (before, after), test)
    asked = questions(found, showing(data.test))
    report.write_report(replace(page, notes=_notes(data, skipped), questions=asked), folder.report)
    return comparisons


def _page(
    recipe: Recipe,
    data: Data,
    folder: RunFolder,
    comparisons: list[Comparison],
    systems: tuple[System, System],
    test: Batch,
) -> report.Report:
    shown = np.sort(np.random.default_rng(0).permutation(len(test.rows))[:MAP_POINTS])
    content = take(test.anchor, shown)
    vectors = np.asarray(systems[1].encode(content))
    content = to_show(content)
    labels = _label_names(test, shown, data)
    return report.Report(
        title=f"{type(recipe.objective).__name__} on {_source_name(folder)}",
        subtitle=f"{type(recipe.encoder).__name__}, {recipe.supervision.value}, {len(data.train)} training examples",
        summary=(data.described,),
        reproduce=commands_again(folder),
        configuration=to_json(recipe),
        curves=tuple(folder.records()),
        scores=tuple(shown_score(one) for one in comparisons),
        similarities=_similarities(systems, test, data),
        map=_map(vectors, content, labels),
        neighbours=_neighbours(vectors, content, labels),
    )


def _similarities(systems: tuple[System, System], test: Batch, data: Data) -> report.SimilarityPlot | None:
    samples = [similarity_samples(system, test, data.roles.supervision) for system in systems]
    before, after = samples
    if before is None or after is None or not all(len(part) for part in (*before, *after)):
        return None  # few held-out rows may have no two of one class
    return report.SimilarityPlot(before=before, after=after)


def _map(vectors: np.ndarray, content: Content, labels: tuple[str, ...] | None) -> report.Map:
    plane = report.project(vectors, seed=0)
    return report.Map(points=plane.points, method=plane.method, labels=labels, content=content)


def _neighbours(vectors: np.ndarray, content: Content, labels: tuple[str, ...] | None) -> tuple[report.Neighbours, ...]:
    """The nearest held-out examples of a few held-out examples."""
    queries = np.linspace(0, len(vectors) - 1, min(QUERIES, len(vectors))).astype(int)
    cosines = vectors[queries] @ vectors.T
    cosines[np.arange(len(queries)), queries] = -np.inf
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, : min(HITS, len(vectors) - 1)]

    def item(row: int) -> report.Item:
        return report.Item(content=content[row], row=row, label=labels[row] if labels else None)

    return tuple(
        report.Neighbours(
            query=item(int(q)), hits=tuple((item(int(hit)), float(cosines[i, hit])) for hit in nearest[i])
        )
        for i, q in enumerate(queries)
    )


def _label_names(test: Batch, rows: np.ndarray, data: Data) -> tuple[str, ...] | None:
    if test.label is None or data.train.label_names is None:
        return None
    return tuple(str(data.train.label_names[int(test.label[int(row)])]) for row in rows)


def _notes(data: Data, skipped: Sequence[SkippedRow]) -> tuple[str, ...]:
    everywhere = [*skipped, *data.train.skipped, *(data.test.skipped if data.test else ())]
    return tuple(dict.fromkeys(f"skipped: {one.reason}" for one in everywhere))


def _source_name(folder: RunFolder) -> str:
    source = folder.read()[1]
    return source.data if source else "data from Python"
