"""What the house promises about its own sources: sizes, docstrings, rooms, lazy imports, no pickle."""

import ast
import importlib.metadata
import json
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import counterpoint as cp

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "src" / "counterpoint"
FILES = sorted(HOUSE.rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

# These may only fall.
LINES_OF_A_FILE = 250
LINES_OF_A_BODY = 40
MEDIAN_FILE = 95
MEDIAN_BODY = 6

PUBLIC = (
    *("InfoNCE", "CLIP", "NTXent", "SupCon", "DCL", "SigLIP", "Uniformity", "Alignment", "CoSENT"),
    *("train", "load", "Model", "ContrastiveEncoder", "Budget", "explain"),
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def place(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def named_parts(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Every class and function with its dotted name, nested ones included."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef):
            yield prefix + child.name, child
            yield from named_parts(child, f"{prefix}{child.name}.")
        else:
            yield from named_parts(child, prefix)


def body_length(function: Function) -> int:
    """Lines without signature and docstring: a command's options are a table, not something to hold in the head."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def body_lengths() -> dict[str, int]:
    return {
        f"{place(path)}:{name}": body_length(part)
        for path in FILES
        for name, part in named_parts(tree(path))
        if isinstance(part, Function)
    }


def test_no_file_is_long() -> None:
    lengths = {place(path): lines_of(path) for path in FILES}
    assert {name: lines for name, lines in lengths.items() if lines > LINES_OF_A_FILE} == {}
    assert statistics.median(lengths.values()) <= MEDIAN_FILE


def test_no_function_is_long() -> None:
    lengths = body_lengths()
    assert {name: lines for name, lines in lengths.items() if lines > LINES_OF_A_BODY} == {}
    assert statistics.median(lengths.values()) <= MEDIAN_BODY


def is_public(name: str, module: ast.Module) -> bool:
    """No part of the name is private, and it is no function inside a function."""
    functions = {top for top, part in named_parts(module) if isinstance(part, Function)}
    above = name.rpartition(".")[0]
    return not any(part.startswith("_") for part in name.split(".")) and above not in functions


@pytest.mark.parametrize("room", sorted({place(path).split("/")[0] for path in FILES}))
def test_everything_public_has_a_docstring(room: str) -> None:
    silent: list[str] = []
    for path in (path for path in FILES if place(path).split("/")[0] == room):
        module = tree(path)
        parts = [("", module), *((name, part) for name, part in named_parts(module) if is_public(name, module))]
        silent += [f"{place(path)}:{name}" for name, part in parts if not ast.get_docstring(part)]
    assert silent == []


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_are_there_and_shown(name: str) -> None:
    assert callable(getattr(cp, name))
    assert name in dir(cp)
    assert name in cp.__all__


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="InfoNce"):
        _ = cp.InfoNce


IMPORTS = """
import json, os, pkgutil, sys, time
import torch
before = set(sys.modules)
seconds = []
for attempt in range(3):  # a forked child has imported torch and nothing of ours
    read, write = os.pipe()
    if os.fork() == 0:
        start = time.process_time()
        import counterpoint
        os.write(write, str(time.process_time() - start).encode())
        os._exit(0)
    os.wait()
    seconds.append(float(os.read(read, 64)))
import counterpoint
alone = sorted(set(sys.modules) - before)
for module in pkgutil.walk_packages(counterpoint.__path__, "counterpoint."):
    # Kernels are written in what the gpu extra brings; nobody imports them before one is launched.
    if not module.name.endswith("__main__") and not module.name.startswith("counterpoint.pairwise.triton.kernels."):
        __import__(module.name)
print(json.dumps({"seconds": min(seconds), "alone": alone, "every": sorted(set(sys.modules) - before)}))
"""


@pytest.fixture(scope="module")
def imports() -> dict:
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def tops(modules: list[str]) -> set[str]:
    return {name.split(".")[0] for name in modules}


def extra_modules() -> set[str]:
    """Import names of what the extras bring."""
    wanted = {
        requirement.split("[")[0].split(">")[0].split("=")[0].lower().replace("_", "-")
        for extra in PROJECT["project"]["optional-dependencies"].values()
        for requirement in extra
    }
    found = importlib.metadata.packages_distributions()
    return {
        module for module, owners in found.items() if wanted & {owner.lower().replace("_", "-") for owner in owners}
    }


def test_importing_counterpoint_brings_torch_and_little_else(imports: dict) -> None:
    assert tops(imports["alone"]) - set(sys.stdlib_module_names) <= {"counterpoint", "numpy"}


def test_importing_counterpoint_is_quick(imports: dict) -> None:
    # The one timing among the tests, of the processor: others at work on the machine change nothing.
    assert imports["seconds"] < 1.5


def test_no_module_imports_an_extra_before_it_is_needed(imports: dict) -> None:
    extras = extra_modules()
    assert {"transformers", "ray", "sentence_transformers", "pytrec_eval", "hypothesis"} <= extras
    assert tops(imports["every"]) & extras == set()
    assert "counterpoint.cli.main" in imports["every"]


PICKLES = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}


def pickling(module: ast.Module) -> Iterator[str]:
    """Every import or call through which a file could run code while it is read."""
    for node in ast.walk(module):
        match node:
            case ast.Import(names=names):
                yield from (one.name for one in names if one.name.split(".")[0] in PICKLES)
            case ast.ImportFrom(module=str(source)) if source.split(".")[0] in PICKLES:
                yield source
            case ast.Call(func=called, keywords=keywords):
                name = ast.unparse(called)
                given = {keyword.arg: ast.unparse(keyword.value) for keyword in keywords}
                if name == "torch.load" and given.get("weights_only") != "True":
                    yield "torch.load without weights_only=True"
                if name in ("np.load", "numpy.load") and given.get("allow_pickle") != "False":
                    yield "np.load without allow_pickle=False"
                if name.endswith(("read_pickle", "yaml.load", "yaml.unsafe_load")):
                    yield name


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from joblib import load",
        "import os, _pickle",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "pandas.read_pickle(path)",
    ],
)
def test_the_search_for_pickle_finds_it(text: str) -> None:
    assert list(pickling(ast.parse(text)))


def test_nothing_is_unpickled() -> None:
    found = {place(path): list(pickling(tree(path))) for path in FILES}
    assert {name: what for name, what in found.items() if what} == {}


def test_torch_distributed_is_imported_in_two_files() -> None:
    using = {
        place(path)
        for path in FILES
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Import) and any(one.name.startswith("torch.distributed") for one in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("torch.distributed"))
    }
    assert using == {"pairwise/ring.py", "training/ranks.py"}


def test_only_settings_reads_the_environment() -> None:
    using = {
        place(path)
        for path in FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv")
    }
    assert using == {"base/settings.py"}


def test_every_room_stands_under_the_import_rules() -> None:
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    listed = " : ".join(
        name for contract in contracts for name in (*contract.get("layers", ()), *contract.get("source_modules", ()))
    )
    ruled = {name.strip().removeprefix("counterpoint.") for name in listed.split(":")}
    rooms = {path.name for path in HOUSE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == ruled
    unseen = {place(path.parent) for path in FILES if not (path.parent / "__init__.py").exists()}
    assert unseen == set(), "import-linter does not see folders without __init__.py"
