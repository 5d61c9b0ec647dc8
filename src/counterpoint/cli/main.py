"""The command line: one command for each thing a person does with an embedding model."""

import sys
from collections.abc import Sequence

import typer

from counterpoint.base.errors import CounterpointError
from counterpoint.cli import console
from counterpoint.cli.compare import compare
from counterpoint.cli.data import data
from counterpoint.cli.demo import demo
from counterpoint.cli.diagnose import diagnose
from counterpoint.cli.embed import embed
from counterpoint.cli.evaluate import evaluate
from counterpoint.cli.explain import explain
from counterpoint.cli.explore import explore
from counterpoint.cli.mine import mine
from counterpoint.cli.objectives import objectives
from counterpoint.cli.papers import cite, claims, papers, reproduce, show
from counterpoint.cli.report import report
from counterpoint.cli.search import search
from counterpoint.cli.soup import soup
from counterpoint.cli.train import train
from counterpoint.training import ranks

BAD_INPUT = 2

app = typer.Typer(
    name="counterpoint",
    help="Contrastive representation learning: train, judge, search and serve embedding models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
DAY = (demo, train, soup, evaluate, diagnose, compare, embed, search, explore, mine, report, data, objectives, explain)
PAPERS = (papers, show, reproduce, claims, cite)
for command in (*DAY, *PAPERS):
    app.command()(command)

# Every complaint about arguments is one of these; typer gives no other name to it in all its versions.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit; what a person can mend is one line and exit code 2, not a traceback.

    Under ``torchrun`` every process runs this: the first one alone reports, and of an error that several of them meet
    one is told.

    Args:
        arguments: Those of the process when not given.
    """
    ranks.join()
    if not ranks.is_main():
        console.hush()
    try:
        code = _run(arguments)
    finally:
        ranks.leave()
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        return app(args=arguments, prog_name="counterpoint", standalone_mode=False) or 0
    except CounterpointError as error:
        return _told(str(error), error.exit_code)
    except UsageError as error:
        return _told(_usage(error), BAD_INPUT)
    except OSError as error:
        if error.filename is None:
            raise
        return _told(f"{error.filename}: {error.strerror}", BAD_INPUT)
    except Exception:
        # When a rank gives up, the others lose touch with it; that is no news.
        if ranks.first_to_tell():
            raise
        return 1


def _told(message: str, code: int) -> int:
    # Without any argument the help has been shown, and the message is empty.
    if message and ranks.first_to_tell():
        console.fail(message)
    return code


def _usage(error: Exception) -> str:
    # What is missing has no message until it is put together; help that was asked for has none at all.
    told = getattr(error, "message", "") or getattr(error, "param", None) is not None
    message: str = error.format_message() if told else ""  # pyright: ignore[reportAttributeAccessIssue]
    context = getattr(error, "ctx", None)
    hint = f" (see {context.command_path} --help)" if context is not None and message else ""
    return message.rstrip(".") + hint


if __name__ == "__main__":
    main()
