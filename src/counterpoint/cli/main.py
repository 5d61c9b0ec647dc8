"""The command line: one command for each thing a person does with an embedding model."""

import sys

import typer

from counterpoint.base.errors import CounterpointError
from counterpoint.cli import console
from counterpoint.cli.data import data
from counterpoint.cli.demo import demo
from counterpoint.cli.embed import embed
from counterpoint.cli.evaluate import evaluate
from counterpoint.cli.papers import cite, papers, reproduce, show
from counterpoint.cli.report import report
from counterpoint.cli.search import search
from counterpoint.cli.train import train

app = typer.Typer(
    name="counterpoint",
    help="Contrastive representation learning: train, judge, search and serve embedding models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (demo, train, evaluate, embed, search, report, data, papers, show, reproduce, cite):
    app.command()(command)


def main() -> None:
    """Run the command line; errors made for a person are one line and an exit code, not a traceback."""
    try:
        app()
    except CounterpointError as error:
        console.fail(str(error))
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
