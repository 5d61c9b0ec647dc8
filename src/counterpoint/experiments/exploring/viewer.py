"""The program that shows a map: Embedding Atlas, a process of its own with packages of its own."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from counterpoint.base.errors import InputError, MissingExtraError
from counterpoint.experiments.exploring.map_file import IMAGE, NEIGHBOURS, TEXT, X, Y

PROGRAM = "embedding-atlas"


@dataclass(frozen=True)
class Viewer:
    """Where it is.

    Attributes:
        program: Path of the executable.
    """

    program: str

    @classmethod
    def find(cls, program: str | None = None) -> "Viewer":
        """The given one, or that on the path.

        Raises:
            InputError: There is no program at the path given.
            MissingExtraError: None was given, and none is installed.
        """
        found = shutil.which(program or PROGRAM)
        if found is None and program is not None:
            raise InputError(f"viewer must be a program that can be run, got {program!r}")
        if found is None:
            raise MissingExtraError(
                f"showing a map needs the program {PROGRAM}, in an environment of its own (it asks for other versions "
                f"of packages than training does): pipx install {PROGRAM}, or name it with --viewer"
            )
        return cls(found)

    def command(self, path: Path, columns: list[str], *, port: int) -> list[str]:
        """What starts it on a map with these columns; nothing is downloaded, and no vector is computed again."""
        told = ["--x", X, "--y", Y, "--port", str(port), "--duckdb", "server"]
        for column, flag in ((TEXT, "--text"), (IMAGE, "--image"), (NEIGHBOURS, "--neighbors")):
            told += [flag, column] if column in columns else []
        return [self.program, str(path), *told, "--no-auto-port"]

    def show(self, path: Path, columns: list[str], *, port: int) -> int:
        """Serve the map until Ctrl-C, or until the program ends by itself; its exit code then, and 0 otherwise."""
        try:
            return subprocess.run(self.command(path, columns, port=port), check=False).returncode
        except KeyboardInterrupt:
            return 0
