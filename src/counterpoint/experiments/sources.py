"""Which of our own source files a file depends on, and one digest of them all."""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[1]
PACKAGE = HOUSE.name
SAID = frozenset({"paper", "claim", "published"})
"""What a paper's file says of itself and what it asks of figures, by name: no figure comes out otherwise for it."""
JUDGING = frozenset(f"{PACKAGE}.experiments.{name}" for name in ("claim", "published"))
"""Modules in which that is written and figures are judged; they measure nothing."""


def fingerprint_sources(files: Iterable[Path]) -> str:
    """Digest of the files and of every source file of ours that they import, directly or not.

    What a paper says of itself and asks of figures (:data:`SAID`) is left out with the modules for it (:data:`JUDGING`)
    so that words can be mended, seeds be added and checks be changed while what was measured stands.
    """
    digest = hashlib.sha256()
    for path in sorted(sources_of(files), key=_name):
        digest.update(f"{_name(path)} {hashlib.sha256(_measuring(path)).hexdigest()}\n".encode())
    return digest.hexdigest()[:16]


def sources_of(files: Iterable[Path]) -> set[Path]:
    """The files, and the source files of ours that they import, directly or not, without those that only judge.

    ``from package import name`` counts as an import of the file that defines the name, not of all that the package
    hands on: a claim about one objective does not go stale when another is changed.
    """
    found: set[Path] = set()
    waiting = [path.resolve() for path in files]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(_imported(path))
    return found


def _measuring(path: Path) -> bytes:
    """The file without the lines in which a paper says what it is and what it claims."""
    lines = path.read_bytes().splitlines(keepends=True)
    for node in reversed(_tree(path).body):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], end_lineno=int(last)) if name in SAID:
                del lines[node.lineno - 1 : last]
            case ast.ImportFrom(module=module, end_lineno=int(last)) if module in JUDGING:
                del lines[node.lineno - 1 : last]
    return b"".join(lines)


def _name(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix() if path.is_relative_to(HOUSE) else path.name


def _imported(path: Path) -> Iterator[Path]:
    for node in ast.walk(_tree(path)):
        match node:
            case ast.Import(names=names):
                yield from (_file(one.name) for one in names if _is_ours(one.name))
            case ast.ImportFrom(module=str(module), names=names) if _is_ours(module) and module not in JUDGING:
                yield from (_definer(module, one.name) for one in names)


def _definer(module: str, name: str) -> Path:
    """The file in which what ``from module import name`` gives is written down."""
    if _exists(f"{module}.{name}"):
        return _file(f"{module}.{name}")
    path = _file(module)
    if path.name != "__init__.py":
        return path
    for node in _tree(path).body:
        if isinstance(node, ast.ImportFrom) and node.module is not None and _is_ours(node.module):
            for one in node.names:
                if (one.asname or one.name) == name:
                    return _definer(node.module, one.name)
    return path


def _is_ours(module: str) -> bool:
    return module.split(".")[0] == PACKAGE


def _exists(module: str) -> bool:
    return _file(module).is_file()


def _file(module: str) -> Path:
    place = HOUSE.joinpath(*module.split(".")[1:])
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def _tree(path: Path) -> ast.Module:
    return _parsed(path, path.stat().st_mtime_ns)


@cache
def _parsed(path: Path, changed: int) -> ast.Module:
    return ast.parse(path.read_bytes())
