"""Damaged runs and folders: one message, exit code 2, nothing lost."""

import json
import re
import shutil

import pytest

FEW = ("--steps", 6, "--batch-size", 8, "--checkpoint-every", 2)


@pytest.fixture(scope="session")
def _unjudged(tmp_path_factory, data):
    from counterpoint.cli.main import main

    run = tmp_path_factory.mktemp("unjudged") / "run"
    with pytest.raises(SystemExit):
        main(["train", str(data / "vectors.npz"), "--out", str(run), "--no-judge", *map(str, FEW)])
    return run


@pytest.fixture
def run(_unjudged, tmp_path):
    """A copy of a finished run with two checkpoints."""
    return shutil.copytree(_unjudged, tmp_path / "run")


@pytest.fixture
def refused(cli):
    def check(*arguments, expected, code=2):
        said = cli(*arguments)
        assert said.code == code, said.err
        assert len(said.errors) == 1, said.err
        assert "Traceback" not in said.err
        assert re.search(expected, said.errors[0]), said.errors[0]
        return said

    return check


def cut(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def flip(path):
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("command", ["evaluate", "report", "embed", "search", "resume"])
def test_a_folder_that_is_no_run(refused, tmp_path, data, command):
    tail = {"embed": [data / "vectors.npz", "-o", tmp_path / "v"], "search": [tmp_path, "cat"]}.get(command, [])
    start = ["train", "--resume"] if command == "resume" else [command]
    expected = "is not a run folder|is not a folder of embeddings"
    refused(*start, tmp_path / "none", *tail, expected=expected)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("damage", [cut, flip])
@pytest.mark.parametrize("command", ["evaluate", "report", "embed", "search"])
def test_a_corrupt_model(refused, ok, run, data, tmp_path, command, damage):
    ok("embed", run, data / "vectors.npz", "-o", tmp_path / "v")
    damage(run / "model" / "model.safetensors")
    tail = {"embed": [data / "vectors.npz", "-o", tmp_path / "w"], "search": [tmp_path / "v", "--row", 0]}
    if command == "search":  # the row's own vector is the query: the model is not read
        ok(command, run, *tail[command])
        return
    refused(command, run, *tail.get(command, []), expected=r"model\.safetensors is corrupt")
    assert not (tmp_path / "w").exists()


def test_a_corrupt_model_behind_a_text_query(refused, ok, runs, data, tmp_path):
    run = shutil.copytree(runs("pairs.csv"), tmp_path / "texts")
    ok("embed", run, data / "pairs.csv", "-o", tmp_path / "v")
    flip(run / "model" / "model.safetensors")
    refused("search", run, tmp_path / "v", "cat", expected=r"model\.safetensors is corrupt")


@pytest.mark.parametrize("what", ["config.json", "model/encoder.json"])
def test_descriptions_that_are_no_json(refused, run, what):
    cut(run / what)
    refused("evaluate", run, expected=rf"{what}.*(not readable JSON|lacks)")


def test_a_config_that_names_foreign_types(refused, run):
    config = json.loads((run / "config.json").read_text())
    config["recipe"]["encoder"] = {"type": "os:system", "command": "true"}
    (run / "config.json").write_text(json.dumps(config))
    refused("evaluate", run, expected="'os:system' is outside the trusted packages")


@pytest.mark.parametrize("damage", [cut, flip])
@pytest.mark.parametrize("file", ["model.safetensors", "state.json"])
def test_resuming_from_a_corrupt_checkpoint(refused, ok, run, damage, file):
    newest = sorted((run / "checkpoints").iterdir())[-1]
    assert newest.name == "step-000006"
    damage(newest / file)
    shutil.rmtree(run / "model")
    refused("train", "--resume", run, expected=rf"step-000006/{file} is damaged.*step-000004 .*--fall-back")
    assert newest.is_dir()
    assert not (run / "model").exists()
    ok("train", "--resume", run, "--fall-back")
    assert (run / "model" / "model.safetensors").is_file()


def test_falling_back_gives_the_same_model(ok, run):
    before = (run / "model" / "model.safetensors").read_bytes()
    flip(run / "checkpoints" / "step-000006" / "model.safetensors")
    ok("train", "--resume", run, "--fall-back", "--no-judge")
    assert (run / "model" / "model.safetensors").read_bytes() == before


def test_resume_takes_no_other_options(refused, run, data):
    refused("train", "--resume", run, "--epochs", 3, expected=r"--resume continues.*leave out --epochs")
    refused("train", data / "vectors.npz", "--resume", run, expected=r"--resume continues.*leave out the data")
    refused("train", "--resume", run, "--replace", expected=r"leave out --replace$")


def test_resuming_after_the_data_changed(refused, ok, data, tmp_path):
    table = tmp_path / "pairs.csv"
    shutil.copy(data / "pairs.csv", table)
    ok("train", table, "--out", tmp_path / "run", "--no-judge", *FEW)
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:-10]))
    refused("train", "--resume", tmp_path / "run", expected=r"training examples was \d+ and is \d+")
    table.unlink()
    refused("train", "--resume", tmp_path / "run", expected=r"no such file or folder: .*pairs\.csv")


def test_a_run_is_not_overwritten_unless_asked(refused, ok, run, data):
    before = (run / "model" / "model.safetensors").read_bytes()
    new = ("train", data / "vectors.npz", "--out", run, "--seed", 1, *FEW)
    refused(*new, expected=r"already holds a run: continue it with --resume, delete it with --replace")
    (run / "notes.txt").write_text("mine")
    refused(*new, "--replace", "--batch-size", 500, expected="batch larger than the data")
    assert (run / "model" / "model.safetensors").read_bytes() == before, "a mistake must not cost the old run"
    ok(*new, "--replace")
    assert (run / "model" / "model.safetensors").read_bytes() != before
    assert (run / "notes.txt").read_text() == "mine"
    assert len((run / "metrics.jsonl").read_text().splitlines()) == 2


def test_a_run_that_failed_before_its_first_checkpoint_makes_way(ok, run, data):
    shutil.rmtree(run / "checkpoints")
    shutil.rmtree(run / "model")
    ok("train", data / "vectors.npz", "--out", run, *FEW)


@pytest.mark.parametrize("command", ["train", "embed", "demo"])
def test_an_out_that_cannot_be_written(refused, run, data, tmp_path, command):
    """A path under a file: not even root can make it."""
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "run"
    start = {"train": [data / "pairs.csv", *FEW], "embed": [run, data / "vectors.npz"], "demo": ["--steps", 1]}
    option = "-o" if command == "embed" else "--out"
    refused(command, *start[command], option, out, expected=r"cannot (make|write) .*file/run.*Not a directory")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], "give a query, or a row"),
        (["cat", "--row", 0], "give a query, or a row"),
        (["--row", 48], "--row must be between 0 and 47, got 48"),
        (["--row", -1], "--row must be between 0 and 47, got -1"),
        (["--row", 0, "-k", 0], "-k must be at least 1, got 0"),
    ],
)
def test_searching_for_nothing(refused, ok, run, data, tmp_path, options, expected):
    ok("embed", run, data / "vectors.npz", "-o", tmp_path / "v")
    refused("search", run, tmp_path / "v", *options, expected=expected)


def test_an_image_query_that_is_none(refused, ok, runs, data, tmp_path):
    ok("embed", runs("images"), data / "images", "-o", tmp_path / "v")
    refused("search", runs("images"), tmp_path / "v", "nowhere.png", expected=r"path of one, got 'nowhere\.png'")
    (tmp_path / "broken.png").write_bytes(b"no image")
    refused(
        "search", runs("images"), tmp_path / "v", tmp_path / "broken.png", expected=r"broken\.png.*(cannot be|none)"
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["pairs.csv"], r"takes vector content, got text|numbers are expected"),
        (["vectors.npz", "--column", "vec"], r"no column 'vec'.*'vector'"),
        (["vectors.npz", "--id-column", "name"], r"no column 'name'"),
        (["vectors.npz", "--shard-rows", 0], r"shard.rows.* at least 1"),
        (["nowhere.csv"], r"no such file or folder: .*nowhere\.csv"),
        (["vectors.npz", "--engine", "spark"], r"'spark'"),
    ],
)
def test_a_corpus_that_cannot_be_embedded(refused, run, data, tmp_path, options, expected):
    refused("embed", run, data / options[0], *options[1:], "-o", tmp_path / "v", expected=expected)


def test_judging_on_what_does_not_fit(refused, run, data, tmp_path):
    refused("evaluate", run, "--on", data / "texts.parquet", expected="holds text examples, .* trained on vector")
    refused("evaluate", run, "--on", "set:nothing", expected="unknown data set 'nothing'")
    refused("evaluate", run, "--column", "label=x", expected="--prompt and --task go with --on")
    (tmp_path / "plain.csv").write_text("a,b,c,d,e,f\n" + "1,2,3,4,5,6\n" * 9)
    refused("evaluate", run, "--on", tmp_path / "plain.csv", expected="no protocol applies to these data")


def test_papers_that_are_not_there(refused):
    refused("show", "nothing", expected="no paper 'nothing'; there are: .*DCL")
    refused("reproduce", "dcl", "--setting", "huge", expected="'huge'")
    refused("data", "--download", expected="--download needs the name of a set")
