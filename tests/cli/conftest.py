"""The command line, called in this process, and small data of every kind."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from counterpoint.cli.main import main

WORDS = ("cat", "dog", "sun", "rain", "tree", "road", "boat", "fish", "bread", "stone", "glass", "river")


@dataclass
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def errors(self) -> list[str]:
        return [line for line in self.err.splitlines() if "error:" in line.lower()]


@pytest.fixture
def cli(capsys):
    """Run the command line; what it raises besides its own exit is the test's failure."""

    def run(*arguments: object) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Said(end.value.code, said.out, said.err)

    return run


@pytest.fixture
def ok(cli):
    """The same, when it must go well."""

    def run(*arguments: object) -> Said:
        said = cli(*arguments)
        assert said.code == 0, said.err
        assert not said.errors
        return said

    return run


def write_pairs(path: Path, n: int = 48) -> Path:
    lines = [f"{WORDS[i % 12]} {WORDS[i // 12]} one,{WORDS[i % 12]} {WORDS[i // 12]} two" for i in range(n)]
    path.write_text("anchor,positive\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def picture(colour: int, size: int = 8, form: str = "PNG") -> bytes:
    """A noisy square, brighter for a greater ``colour``."""
    noise = np.random.default_rng(colour).integers(0, 60, (size, size, 3))
    stream = io.BytesIO()
    Image.fromarray((noise + colour % 190).astype(np.uint8)).save(stream, form)
    return stream.getvalue()


def write_images(folder: Path, each: int = 12, form: str = "png") -> Path:
    for number, name in enumerate(("dark", "light")):
        (folder / name).mkdir(parents=True)
        for i in range(each):
            (folder / name / f"{i:02d}.{form}").write_bytes(picture(number * 120 + i, form=form.upper()))
    return folder


def write_vectors(path: Path, n: int = 48, dim: int = 6, **extra: np.ndarray) -> Path:
    label = np.arange(n) % 3
    values = np.random.default_rng(0).normal(size=(n, dim)) + 4 * np.eye(dim)[label]
    np.savez(path, **{"vector": values.astype(np.float32), "label": label, **extra})
    return path


def write_scored(path: Path, n: int = 40) -> Path:
    rows = [
        {"sentence1": f"{WORDS[i % 12]} here", "sentence2": f"{WORDS[(i + i % 3) % 12]} there", "score": 2.0 - i % 3}
        for i in range(n)
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


def write_labelled_texts(path: Path, n: int = 48) -> Path:
    text = [f"{WORDS[i % 4]} {WORDS[4 + i % 8]} number {i}" for i in range(n)]
    pq.write_table(pa.table({"text": text, "label": [WORDS[i % 4] for i in range(n)]}), path)
    return path


FEW = ("--steps", 3, "--batch-size", 8)


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """One small file or folder of every kind."""
    folder = tmp_path_factory.mktemp("data")
    write_pairs(folder / "pairs.csv")
    write_images(folder / "images")
    write_vectors(folder / "vectors.npz")
    write_scored(folder / "scored.jsonl")
    write_labelled_texts(folder / "texts.parquet")
    return folder


def _train(data: Path, out: Path) -> Path:
    with pytest.raises(SystemExit) as end:
        main(["train", str(data), "--out", str(out), *map(str, FEW)])
    assert end.value.code == 0
    return out


@pytest.fixture(scope="session")
def runs(data, tmp_path_factory):
    """A judged run of each kind, by the name of its data; made when first asked for."""
    made: dict[str, Path] = {}

    def run(name: str) -> Path:
        if name not in made:
            made[name] = _train(data / name, tmp_path_factory.mktemp("runs") / name.split(".")[0])
        return made[name]

    return run


@pytest.fixture(name="picture")
def _picture():
    return picture
