"""Bad input: one message that names what is wrong, exit code 2, and nothing trained."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

PAIRS = "anchor,positive\n" + "".join(f"cat {i},dog {i}\n" for i in range(20))
LABELS = "text,label\n" + "".join(f"cat {i},{'ab'[i % 2]}\n" for i in range(20))
RECIPE = """
from counterpoint.data import Supervision
from counterpoint.encoders import ConvNet, MLP, StaticText
from counterpoint.experiments.recipe import Recipe
from counterpoint.objectives import CLIP, CoSENT, NTXent, SupCon
from counterpoint.training import TrainSettings
from counterpoint.views import light_images

def make(**changes):
    parts = dict(encoder=StaticText(), objective=CLIP(), supervision=Supervision.PAIRS,
                 training=TrainSettings(steps=2, batch_size=4))
    return Recipe(**{**parts, **changes})
"""


def text(folder, content, name="data.csv"):
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def binary(folder, content, name):
    path = folder / name
    path.write_bytes(content)
    return path


def recipe(folder, code):
    return text(folder, RECIPE + code + "\n", "recipe.py")


def vectors(folder, bad, **extra):
    values = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    values[7, 2] = bad
    path = folder / "data.npz"
    np.savez(path, vector=values, **extra)
    return path


def broken_image(folder, picture, cut, form="png"):
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    for i in range(12):
        (folder / "b" / f"{i:02d}.{form}").write_bytes(picture(i, size=32, form=form.upper()))
        whole = picture(i, size=32, form=form.upper())
        (folder / "a" / f"{i:02d}.{form}").write_bytes(whole[: len(whole) // 2] if i == cut else whole)
    return folder


def parquet_images(folder, picture, cut):
    cells = [picture(i, size=32) for i in range(12)]
    cells[cut] = cells[cut][:200]
    pq.write_table(pa.table({"image": cells}), folder / "data.parquet")
    return folder / "data.parquet"


TABLES = {
    "missing column": (
        lambda f, p: [text(f, "this,that\n" + "a,x\n" * 20)],
        r"data\.csv: no column says .*'this', 'that'",
    ),
    "misspelt column": (
        lambda f, p: [text(f, PAIRS.replace("positive", "positiv"))],
        r"did you mean 'positive'|misspelt 'positive'",
    ),
    "unknown role": (
        lambda f, p: [text(f, PAIRS), "--column", "positve=positive"],
        r"unknown role 'positve'.*'positive'",
    ),
    "unknown column": (
        lambda f, p: [text(f, PAIRS), "--column", "positive=posit"],
        r"positive=posit.*no column 'posit'.*did you mean 'positive'",
    ),
    "no equals sign": (
        lambda f, p: [text(f, PAIRS), "--column", "positive"],
        r"--column must look like role=column.*'positive'",
    ),
    "missing file": (lambda f, p: [f / "nowhere.csv"], r"no such file or folder: .*nowhere\.csv"),
    "missing test file": (
        lambda f, p: [text(f, PAIRS), "--test", f / "nowhere.csv"],
        r"no such file or folder: .*nowhere\.csv",
    ),
    "test without the columns": (
        lambda f, p: [text(f, PAIRS), "--test", text(f, LABELS, "test.csv")],
        r"test\.csv has no column 'anchor'",
    ),
    "empty file": (lambda f, p: [text(f, "")], r"data\.csv is empty: a header line and at least one row"),
    "header only": (lambda f, p: [text(f, "anchor,positive\n")], r"data\.csv has a header but no rows"),
    "empty jsonl": (lambda f, p: [text(f, "", "data.jsonl")], r"data\.jsonl is empty"),
    "empty folder": (lambda f, p: [f], r"holds no images"),
    "no such format": (lambda f, p: [text(f, "x", "data.docx")], r"data\.docx: cannot read '\.docx'; known: \.csv"),
    "not a parquet": (lambda f, p: [text(f, "x", "data.parquet")], r"data\.parquet"),
    "not an npz": (lambda f, p: [text(f, "x", "data.npz")], r"data\.npz is not a readable \.npz .*of another format"),
    "ragged csv": (lambda f, p: [text(f, PAIRS + "a,b,c\n")], r"data\.csv, line 22: 3 fields, but the header has 2"),
    "csv not utf-8": (
        lambda f, p: [binary(f, PAIRS.encode() + b"caf\xe9,coffee\n", "data.csv")],
        r"data\.csv, line 22: not UTF-8",
    ),
    "jsonl not utf-8": (
        lambda f, p: [binary(f, b'{"text": "caf\xe9"}\n', "data.jsonl")],
        r"data\.jsonl, line 1: not UTF-8",
    ),
    "jsonl not json": (
        lambda f, p: [text(f, '{"text": "a"}\n{text}\n', "data.jsonl")],
        r"data\.jsonl, line 2: not JSON",
    ),
    "pickled npy": (
        lambda f, p: (np.save(f / "data.npy", np.array([{}, {}], dtype=object), allow_pickle=True), [f / "data.npy"])[
            1
        ],
        r"data\.npy is not a readable \.npy of plain numbers: .*Python objects, which are never loaded",
    ),
    "pickled npz": (
        lambda f, p: [vectors(f, 0, label=np.array([{}] * 20, dtype=object))],
        r"data\.npz is not a readable \.npz of plain arrays: .*Python objects, which are never loaded",
    ),
    "nan": (lambda f, p: [vectors(f, np.nan)], r"data\.npz, row 7, column 'vector': number 2 is nan: not finite"),
    "infinity": (lambda f, p: [vectors(f, np.inf)], r"data\.npz, row 7, column 'vector': number 2 is inf: not finite"),
    "nan in the held-out part": (
        lambda f, p: [vectors(f, np.nan), "--test-fraction", 0.9, "--batch-size", 2],
        r"data\.npz, row 7, column 'vector'",
    ),
    "truncated png": (
        lambda f, p: [broken_image(f, p, 5)],
        r"row 5, column 'image': image a/05\.png cannot be decoded: .*truncated",
    ),
    "truncated jpeg": (lambda f, p: [broken_image(f, p, 5, "jpeg")], r"row 5, column 'image': image a/05\.jpeg cannot"),
    "truncated png in parquet": (
        lambda f, p: [parquet_images(f, p, 5)],
        r"data\.parquet, row 5, column 'image': image cannot be decoded",
    ),
    "empty text": (
        lambda f, p: [text(f, PAIRS + '" ",dog\n')],
        r"data\.csv, line 22, column 'anchor': the text is empty",
    ),
    "one example per class": (
        lambda f, p: [text(f, "text,label\n" + "".join(f"cat {i},{i}\n" for i in range(20)))],
        r"no class has two examples",
    ),
    "one class": (
        lambda f, p: [text(f, LABELS.replace(",b", ",a"))],
        r"data\.csv.* holds one class only \('a'\).*learn from views",
    ),
    "one score": (
        lambda f, p: [text(f, "sentence1,sentence2,score\n" + "".join(f"cat {i},dog {i},3\n" for i in range(20)))],
        r"every score in column 'score' is 3.*score=",
    ),
    "missing label": (lambda f, p: [text(f, LABELS + "cat,\n")], r"data\.csv, line 22, column 'label': .*label"),
    "batch larger than the data": (
        lambda f, p: [text(f, PAIRS), "--batch-size", 64],
        r"batch larger than the data: 64 .* 18",
    ),
    "too few rows": (
        lambda f, p: [text(f, PAIRS), "--rows", 3, "--batch-size", 8],
        r"batch larger than the data: 8 .* 3",
    ),
    "one row": (lambda f, p: [text(f, PAIRS), "--rows", 1], r"batch larger than the data|at least 2"),
    "too many bad rows": (
        lambda f, p: [text(f, PAIRS + " ,dog\n" * 4), "--bad-rows", 2, "--test-fraction", 0],
        r"more than 2 rows cannot be used",
    ),
    "unknown set": (lambda f, p: ["set:digit"], r"unknown data set 'digit' \(did you mean 'digits'\?\)"),
}
OPTIONS = {
    "labels missing": (["--objective", "sup-con"], r"needs labels, but there is no label column"),
    "labels missing for the supervision": (["--supervision", "labels"], r"needs labels, but there is no label column"),
    "scores missing": (["--objective", "cosent"], r"needs scores, but there is no score column"),
    "scores missing for pairs": (
        ["--objective", "cosent", "--supervision", "pairs"],
        r"CoSENT learns from scored pairs, and its supervision is pairs",
    ),
    "unknown objective": (
        ["--objective", "infonec"],
        r"--objective must be a name that .*'infonec'; did you mean .*info-nce",
    ),
    "unknown encoder": (["--encoder", "no-such-net"], r"no-such-net"),
    "encoder of images for texts": (["--encoder", "conv-net"], r"encoder: this encoder takes image content, got text"),
    "unknown precision": (["--precision", "fp8"], r"precision must be one of no, bf16, fp16, got 'fp8'"),
    "unknown supervision": (["--supervision", "magic"], r"--supervision"),
    "negative epochs": (["--epochs", -1], r"epochs must be above 0, got -1"),
    "endless epochs": (["--epochs", "inf"], r"epochs must be above 0"),
    "epochs nan": (["--epochs", "nan"], r"epochs must be above 0"),
    "no steps": (["--steps", 0], r"steps must be a whole number of at least 1, got 0"),
    "steps and epochs": (["--steps", 5, "--epochs", 1], r"steps.*epochs"),
    "negative temperature": (["--temperature", -0.1], r"temperature must be .*positive.*-0\.1"),
    "temperature nan": (["--temperature", "nan"], r"temperature"),
    "negative learning rate": (["--learning-rate", -1e-3], r"learning_rate must be .*-0\.001"),
    "temperature of what has none": (
        ["--objective", "sig-lip", "--temperature", 0.1],
        r"--temperature: --objective sig-lip has none",
    ),
    "batch of one": (["--batch-size", 1], r"batch_size must be a whole number of at least 2, got 1"),
    "negative rows": (["--rows", -1], r"rows must be at least 0, got -1"),
    "negative bad rows": (["--bad-rows", -1], r"bad_rows must be at least 0, got -1"),
    "all held out": (["--test-fraction", 1], r"test_fraction must be at least 0 and below 1, got 1"),
    "negative seed": (["--seed", -1], r"seed must be at least 0, got -1"),
    "negative workers": (["--workers", -1], r"workers must be a whole number of at least 0, got -1"),
    "no checkpoints": (["--checkpoint-every", 0], r"checkpoint_every must be a whole number of at least 1, got 0"),
    "negative image size": (["--image-size", -4], r"image_size must be at least 1, got -4"),
    "missing recipe": (
        ["--recipe", "no-such.py"],
        r"--recipe must be a Python file or the short name of a paper .*DCL.*'no-such\.py'",
    ),
    "fall back from what": (["--fall-back"], r"--fall-back goes with --resume"),
    "scores for an objective of pairs": (
        ["--objective", "clip", "--supervision", "scores"],
        r"CLIP cannot learn from scores",
    ),
    "unknown option": (["--nope"], r"No such option: --nope .*counterpoint train --help"),
    "not a number": (["--epochs", "many"], r"--epochs.*number.*counterpoint train --help"),
}
RECIPES = {
    "raises": ("1 / 0", r"recipe\.py, line 13, raises ZeroDivisionError"),
    "is no Python": ("recipe = (", r"recipe\.py, line 13, raises SyntaxError"),
    "sets none": ("", r"recipe\.py must set `recipe`"),
    "sets something else": (
        "recipe = 3",
        r"recipe\.py must set `recipe` to a counterpoint Recipe, Recommender, .* or MultiTask, found int",
    ),
    "for images": ("recipe = make(encoder=ConvNet())", r"encoder: this encoder takes image content, got text"),
    "for labels": (
        "recipe = make(objective=SupCon(), supervision=Supervision.LABELS)",
        r"needs labels, but there is no label column",
    ),
    "for scores": (
        "recipe = make(objective=CoSENT())",
        r"CoSENT learns from scored pairs, and its supervision is pairs",
    ),
    "with views of images": (
        "recipe = make(views=(light_images((8, 8)),) * 2)",
        r"the recipe does not fit the data: an image view needs images",
    ),
}


@pytest.fixture
def refused(cli, tmp_path):
    def check(*arguments, expected, made=None):
        said = cli(*arguments)
        assert said.code == 2, said.err
        assert len(said.errors) == 1, said.err
        assert "Traceback" not in said.err
        assert re.search(expected, said.errors[0]), said.errors[0]
        assert "step" not in said.err.split("error:")[0], "a step was taken"
        assert made is None or not made.exists()
        return said

    return check


@pytest.mark.parametrize("case", TABLES)
def test_data_that_cannot_be_used(refused, picture, tmp_path, case):
    folder = tmp_path / "data"
    folder.mkdir()
    make, expected = TABLES[case]
    out = tmp_path / "run"
    few = ["--steps", 2] if "--batch-size" in (made := make(folder, picture)) else ["--steps", 2, "--batch-size", 4]
    refused("train", *made, *few, "--out", out, expected=expected, made=out)


@pytest.mark.parametrize("case", OPTIONS)
def test_options_that_do_not_fit(refused, tmp_path, case):
    given, expected = OPTIONS[case]
    refused("train", text(tmp_path, PAIRS), *given, "--out", tmp_path / "run", expected=expected, made=tmp_path / "run")


@pytest.mark.parametrize("case", RECIPES)
def test_recipes_that_do_not_fit(refused, tmp_path, case):
    code, expected = RECIPES[case]
    given = ("--recipe", recipe(tmp_path, code), "--out", tmp_path / "run")
    refused("train", text(tmp_path, PAIRS), *given, expected=expected, made=tmp_path / "run")
