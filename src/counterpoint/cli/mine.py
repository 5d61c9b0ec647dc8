"""``counterpoint mine``: hard negatives from a corpus, as a folder that ``train`` takes."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from counterpoint.base.errors import InputError
from counterpoint.cli import console
from counterpoint.cli.options import columns_of
from counterpoint.experiments.mining import REPORT, Index, MiningJob, mine_files
from counterpoint.retrieval.mining import MiningReport, Plan, RankWindow, Sample


def mine(
    run: Annotated[Path, typer.Argument(help="Run folder of the model that searches.")],
    corpus: Annotated[str, typer.Argument(help="File, folder or set:NAME to mine from.")],
    queries: Annotated[str, typer.Option("--queries", help="File, folder or set:NAME of queries and positives.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to make, or to go on with.")] = Path("mined"),
    column: Annotated[list[str] | None, typer.Option(help="role=column of the queries, such as query=claim.")] = None,
    corpus_column: Annotated[str | None, typer.Option(help="Column of the corpus to search.")] = None,
    id_column: Annotated[str | None, typer.Option(help="Column of the corpus's ids.")] = None,
    positive_id: Annotated[str | None, typer.Option(help="Column of the queries with ids of positives.")] = None,
    positives: Annotated[int | None, typer.Option(help="Keep so many positives of a query, the hardest.")] = None,
    negatives: Annotated[int, typer.Option(help="Negatives of a query, at most.")] = 5,
    from_rank: Annotated[int, typer.Option(help="First rank to take them from; 1 is the nearest.")] = 10,
    to_rank: Annotated[int, typer.Option(help="Last rank to take them from.")] = 100,
    sample: Annotated[
        Sample, typer.Option(help="Of those left the nearest, any, or scores near the positive's.")
    ] = Sample.TOP,
    seed: Annotated[int, typer.Option(help="Decides what is drawn.")] = 0,
    sharpness: Annotated[float, typer.Option(help="Of --sample ambiguous: how near the positive's score.")] = 100.0,
    offset: Annotated[float, typer.Option(help="Of --sample ambiguous: how far above the positive's score.")] = 0.0,
    margin: Annotated[float | None, typer.Option(help="Cosine below the positive's by at least this.")] = None,
    share: Annotated[float | None, typer.Option(help="Cosine at most this share of the positive's; 0.95, say.")] = None,
    duplicates: Annotated[float, typer.Option(help="Cosine above which it is a copy; 1 keeps copies.")] = 0.999,
    guide: Annotated[Path | None, typer.Option(help="Run folder of a second model that must agree.")] = None,
    guide_margin: Annotated[float, typer.Option(help="By how much the guide must prefer the positive.")] = 0.0,
    reranker: Annotated[
        str | None, typer.Option(help="module:function from (query, document) pairs to scores.")
    ] = None,
    reranker_scores: Annotated[
        Path | None, typer.Option(help="File of query_id, doc_id, score that it gave before, instead.")
    ] = None,
    reranker_margin: Annotated[float, typer.Option(help="By how much it must prefer the positive.")] = 0.0,
    index: Annotated[Index, typer.Option(help="Exact search, or an index of faiss.")] = Index.EXACT,
    generate: Annotated[str | None, typer.Option(help="module:function from query, positive to texts.")] = None,
    generated: Annotated[int, typer.Option(help="How many of those to add.")] = 1,
    label: Annotated[str | None, typer.Option(help="Column of both files that tells false negatives.")] = None,
    qrels: Annotated[Path | None, typer.Option(help="File of query_id, doc_id, score that tells them.")] = None,
    query_id: Annotated[str, typer.Option(help="Column of the queries' ids, for files that name them.")] = "query_id",
    json: Annotated[bool, typer.Option("--json", help="Counts as JSON.")] = False,
) -> None:
    """Hard negatives for pairs, by rank, margin and a second opinion; run it again after a kill and it goes on."""
    if label is not None and qrels is not None:
        raise InputError("give --label or --qrels, not both")
    job = MiningJob(
        run=run, corpus=corpus, queries=queries, columns=columns_of(column or []), corpus_column=corpus_column,
        id_column=id_column, positives=positives, positive_id=positive_id, margin=margin, share=share,
        plan=Plan(
            negatives=negatives, window=RankWindow(from_rank, to_rank), sample=sample, seed=seed,
            sharpness=sharpness, offset=offset,
        ),
        duplicates=None if duplicates == 1 else duplicates, guide=guide, guide_margin=guide_margin,
        reranker=reranker, reranker_scores=reranker_scores, reranker_margin=reranker_margin, index=index,
        generate=generate, generated=generated, label=label, qrels=qrels, query_id=query_id,
    )  # fmt: skip
    with Progress(console=console.err) as shown:
        task = shown.add_task("mining", total=None)
        report = mine_files(job, out, progress=lambda done, total: shown.update(task, completed=done, total=total))
    console.say(f"mined into {out}; counts are in {out / REPORT}")
    if json:
        console.machine(report.plain())
        return
    _tell(report)


def _tell(report: MiningReport) -> None:
    tally = report.tally
    rows = [
        ("queries", f"{tally.queries:,}"),
        *([("left out for a harder positive", f"{report.easier:,}")] if report.easier else []),
        ("candidates", f"{tally.candidates:,}"),
        *((f"removed: {name}", f"{count:,}") for name, count in tally.removed.items()),
        ("left", f"{tally.left:,}"),
        ("taken", f"{tally.taken:,}"),
        ("queries with fewer than asked", f"{tally.short:,}"),
    ]
    if report.recall is not None:
        recall = report.recall
        rows.append((f"recall@{recall.k} of the index", f"{recall.value:.3f} ± {recall.error:.3f}"))
    if report.false_negative_rate is not None:
        rows.append(("false negatives", f"{report.false_negative_rate:.1%} of {tally.judged:,} judged"))
    console.table("", "count", rows=rows, right=True)
